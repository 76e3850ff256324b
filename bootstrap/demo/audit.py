"""The audit: every sum that must hold between what was told, what is stored and what was received. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import attrs

from bootstrap.demo.devices import Fate
from bootstrap.demo.evidence import Evidence, Stored
from domain.audience.status_catalogue import UNREGISTERED
from domain.messaging.event import EVENT_OF, MessageEventType
from domain.messaging.lifecycle import TRANSITIONS, WAITING, Status

DELIVERED = frozenset({Status.SUCCESSFUL, Status.RECEIVED, Status.CONVERTED})
"""Cumulative: what was received or converted was successful before."""
SHOWN = 3
"""Offenders that a finding names."""

Checking = Callable[[Evidence], Iterable[str]]
"""Names what contradicts one sum."""

_EVENT = {type_: event for event, type_ in EVENT_OF.items()}


@attrs.frozen
class Check:
    """One sum, by its stable name; `found` says what is wrong when it does not hold."""

    name: str
    holds: bool
    found: str = ""


@attrs.frozen(kw_only=True)
class Audit:
    """The figures and the checks. `lost`: accepted, but neither settled nor scheduled."""

    accepted: int
    successful: int
    failed: int
    received: int
    converted: int
    retried: int
    dead: int
    provider_requests: int
    duplicates: int
    lost: int
    ledger_balanced: bool
    checks: Sequence[Check]

    @property
    def holds(self) -> bool:
        """Whether every sum holds."""
        return all(check.holds for check in self.checks)


def audit(evidence: Evidence, checks: Mapping[str, Checking] | None = None) -> Audit:
    """Compare the witnesses by `checks`, or by all of CHECKS; never raises for what it finds."""
    told, stored, seen = evidence.told, evidence.stored, evidence.seen
    states = Counter(one.status for one in stored.values())
    return Audit(
        accepted=told.accepted,
        successful=sum(states[status] for status in DELIVERED),
        failed=states[Status.FAILED],
        received=sum(one.received for one in stored.values()),
        converted=sum(one.converted for one in stored.values()),
        retried=sum(one.attempts > 1 for one in stored.values()),
        dead=sum(one.subscription_status == UNREGISTERED for one in stored.values()),
        provider_requests=sum(one.requests for one in seen.values()),
        duplicates=sum(one.accepted > 1 for one in seen.values()),
        lost=len(_lost(evidence)),
        ledger_balanced=evidence.ledger.balanced,
        checks=[
            Check(name, not (found := first(problems(evidence))), found)
            for name, problems in (CHECKS if checks is None else checks).items()
        ],
    )


def first(problems: Iterable[str]) -> str:
    """The first few, and how many there are; empty for none."""
    found = list(problems)
    more = f" … ({len(found)})" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more


def _lost(evidence: Evidence) -> list[str]:
    return [
        f"{id_} is {'nowhere' if one is None else one.status.wire + ' and in no queue'}"
        for id_ in evidence.told.message_ids
        if (one := evidence.stored.get(id_)) is None or (one.status in WAITING and not one.queued)
    ]


def _told_is_stored(evidence: Evidence) -> Iterator[str]:
    told = set(evidence.told.message_ids)
    if len(told) != evidence.told.accepted or evidence.told.accepted != len(evidence.recipients):
        yield f"{len(evidence.recipients)} asked for, {evidence.told.accepted} accepted, {len(told)} ids told"
    for id_ in evidence.stored.keys() - told:
        yield f"{id_} is stored, but nobody was told"
    for id_, recipient in zip(evidence.told.message_ids, evidence.recipients, strict=False):
        one = evidence.stored.get(id_)
        if one is not None and one.subscription_id != recipient.subscription_id:
            yield f"{id_} goes to {one.subscription_id} instead of {recipient.subscription_id}"


def _replay_does_nothing(evidence: Evidence) -> Iterator[str]:
    if not evidence.told.replayed:
        yield "the repeated call was not answered as a replay of the first"


def _everything_is_settled(evidence: Evidence) -> Iterator[str]:
    for one in evidence.stored.values():
        if one.status in WAITING and one.queued:
            yield f"{one.id} is still {one.status.wire}"


def _accepted_is_successful_and_failed(evidence: Evidence) -> Iterator[str]:
    states = Counter(one.status for one in evidence.stored.values())
    successful, failed = sum(states[status] for status in DELIVERED), states[Status.FAILED]
    if evidence.told.accepted != successful + failed:
        yield f"{evidence.told.accepted} accepted ≠ {successful} successful + {failed} failed"


def _provider_agrees(evidence: Evidence) -> Iterator[str]:
    for one in evidence.stored.values():
        seen = evidence.seen.get(one.id)
        accepted, requests = (0, 0) if seen is None else (seen.accepted, seen.requests)
        if (accepted > 0) != (one.status in DELIVERED):
            yield f"{one.id} is {one.status.wire}, and the simulator accepted it {accepted} times"
        elif requests != one.attempts:
            yield f"{one.id} was tried {one.attempts} times, and the simulator received {requests} requests"


def _nothing_twice(evidence: Evidence) -> Iterator[str]:
    for id_, seen in evidence.seen.items():
        if seen.accepted > 1:
            yield f"{id_} was accepted {seen.accepted} times"


def _of_fate(evidence: Evidence, fate: Fate) -> Iterator[Stored]:
    for id_, recipient in zip(evidence.told.message_ids, evidence.recipients, strict=False):
        if recipient.device.fate is fate and (one := evidence.stored.get(id_)) is not None:
            yield one


def _dead_tokens(evidence: Evidence) -> Iterator[str]:
    dead = {one.id for one in _of_fate(evidence, Fate.DEAD)}
    for one in evidence.stored.values():
        gone = one.subscription_status == UNREGISTERED
        if one.id in dead and not (gone and one.status is Status.FAILED):
            yield f"{one.id} to a dead token is {one.status.wire}, its subscription {one.subscription_status}"
        if one.id not in dead and (gone or one.status is Status.FAILED):
            yield f"{one.id} to a living token is {one.status.wire} ({one.error_reason})"


def _retried_succeeded(evidence: Evidence) -> Iterator[str]:
    for one in _of_fate(evidence, Fate.FLAKY):
        if one.attempts < 2 or one.status not in DELIVERED:
            yield f"{one.id} failed at first and is {one.status.wire} after {one.attempts} attempts"


def _receipts_are_recorded(evidence: Evidence) -> Iterator[str]:
    receipts, stored = evidence.receipts, evidence.stored.values()
    if receipts.refused or receipts.waiting or evidence.early_receipts:
        yield (
            f"{receipts.refused} receipts refused, {receipts.waiting} not reported yet,"
            f" {evidence.early_receipts} not applied"
        )
    for name, reported, held, counted in (
        (
            "received",
            receipts.received,
            sum(s.received for s in stored),
            sum(s.total_received for s in stored),
        ),
        (
            "converted",
            receipts.converted,
            sum(s.converted for s in stored),
            sum(s.total_converted for s in stored),
        ),
    ):
        if not reported == held == counted:
            yield f"{name}: {reported} reported, {held} on messages, {counted} on subscriptions"


_HEARD_OF = frozenset({MessageEventType.RECEIVED, MessageEventType.DISPLAYED})
"""What is shown was received: an in-app message says so with its impression."""


def _history_leads_to_status(evidence: Evidence) -> Iterator[str]:
    for one in evidence.stored.values():
        if (reached := _replayed(one.events)) is not one.status:
            yield f"{one.id} is {one.status.wire}, its history leads to {reached.wire}"
        elif (not _HEARD_OF.isdisjoint(one.events)) != one.received:
            yield f"{one.id}: its history and its row disagree about `received`"
        elif (MessageEventType.CONVERTED in one.events) != one.converted:
            yield f"{one.id}: its history and its row disagree about `converted`"


def _replayed(events: Sequence[MessageEventType]) -> Status:
    """Where the lifecycle table leads; an event that a device's clock put too early waits for its turn."""
    status = Status.PENDING
    waiting = [_EVENT[type_] for type_ in events if type_ in _EVENT]
    while (found := next((event for event in waiting if (status, event) in TRANSITIONS), None)) is not None:
        waiting.remove(found)
        status = TRANSITIONS[status, found]
    return status


def _ledger_balances(evidence: Evidence) -> Iterator[str]:
    ledger = evidence.ledger
    yield from ledger.findings
    if not ledger.balanced and not ledger.findings:
        yield "the ledger does not balance"
    states = Counter(one.status for one in evidence.stored.values())
    expected = (evidence.told.accepted, sum(states[status] for status in DELIVERED), states[Status.FAILED])
    if (ledger.granted, ledger.settled, ledger.released) != expected:
        yield (
            f"granted {ledger.granted}, settled {ledger.settled}, released {ledger.released}"
            f" instead of {expected[0]}, {expected[1]}, {expected[2]}"
        )


CHECKS: dict[str, Checking] = {
    "told_is_stored": _told_is_stored,
    "replay_does_nothing": _replay_does_nothing,
    "nothing_lost": _lost,
    "everything_settled": _everything_is_settled,
    "accepted_is_successful_plus_failed": _accepted_is_successful_and_failed,
    "provider_agrees": _provider_agrees,
    "nothing_twice": _nothing_twice,
    "dead_tokens_unsubscribed": _dead_tokens,
    "retried_succeeded": _retried_succeeded,
    "receipts_recorded": _receipts_are_recorded,
    "history_leads_to_status": _history_leads_to_status,
    "ledger_balances": _ledger_balances,
}
"""Stable names; `entrypoints.cli.texts` has a sentence for each."""
