"""The audit of all channels: each message ended as scripted, was sent once, and cost what it should. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final
from uuid import UUID

import attrs

from bootstrap.demo.audit import CHECKS as PUSH_CHECKS
from bootstrap.demo.audit import DELIVERED, Check, Checking, first
from bootstrap.demo.channels.evidence import ChannelEvidence, Charge, Sent
from bootstrap.demo.channels.script import ANDROID, IOS, PRICES, Due
from bootstrap.demo.evidence import Evidence
from bootstrap.demo.sending import Told
from domain.messaging.lifecycle import WAITING, Status
from domain.shared.channels import Channel, SubscriptionType

SHARED: Final = (
    "replay_does_nothing",
    "nothing_lost",
    "everything_settled",
    "accepted_is_successful_plus_failed",
    "nothing_twice",
    "history_leads_to_status",
)
"""Checks of the demo of pushes that hold for any message."""
Problems = Callable[[ChannelEvidence], Iterable[str]]


@attrs.frozen(kw_only=True)
class ChannelAudit:
    """The figures of the demo, in all and by channel, and the checks."""

    figures: Mapping[str, int | bool]
    by_channel: Mapping[str, Mapping[str, int | str]]
    checks: list[Check]

    @property
    def holds(self) -> bool:
        """Whether every sum holds."""
        return all(check.holds for check in self.checks)


def audit_channels(evidence: ChannelEvidence) -> ChannelAudit:
    """Compare the witnesses; never raises for what it finds."""
    total = _count(evidence, evidence.messages)
    by_channel: dict[str, Mapping[str, int | str]] = {}
    for channel in sorted({one.type.channel for one in evidence.messages}):
        some = [one for one in evidence.messages if one.type.channel is channel]
        charge = evidence.charges.get(channel, Charge())
        by_channel[channel.wire] = {
            **_count(evidence, some),
            "fallbacks": sum(one.parent_id is not None for one in some),
            "charged": charge.messages,
            "amount": format(charge.amount.normalize(), "f"),
        }
    shared = _as_push(evidence)
    checks = [
        *(_check(name, PUSH_CHECKS[name](shared)) for name in SHARED),
        *(_check(name, problems(evidence)) for name, problems in CHECKS.items()),
    ]
    return ChannelAudit(
        figures={**total, "ledger_balanced": evidence.ledger.balanced}, by_channel=by_channel, checks=checks
    )


def _check(name: str, problems: Iterable[str]) -> Check:
    found = first(problems)
    return Check(name, not found, found)


def _count(evidence: ChannelEvidence, messages: Iterable[Sent]) -> dict[str, int]:
    some = list(messages)
    states = Counter(one.stored.status for one in some)
    seen = [evidence.seen[one.stored.id] for one in some if one.stored.id in evidence.seen]
    return {
        "accepted": len(some),
        "successful": sum(states[status] for status in DELIVERED),
        "failed": states[Status.FAILED],
        "received": sum(one.stored.received for one in some),
        "converted": sum(one.stored.converted for one in some),
        "provider_requests": sum(one.requests for one in seen),
        "duplicates": sum(one.accepted > 1 for one in seen),
        "lost": sum(one.stored.status in WAITING and not one.stored.queued for one in some)
        + len(set(_of(evidence, some)) - {one.stored.id for one in some}),
    }


def _of(evidence: ChannelEvidence, some: list[Sent]) -> Iterable[UUID]:
    """Those that callers were told of, when all are counted."""
    return evidence.told.message_ids if len(some) == len(evidence.messages) else ()


def _as_push(evidence: ChannelEvidence) -> Evidence:
    """The same witnesses for the checks that go by messages alone; children belong to what was accepted."""
    children = [one.stored.id for one in evidence.messages if one.parent_id is not None]
    ids = [*evidence.told.message_ids, *children]
    return Evidence(
        recipients=(),
        told=Told(len(ids), ids, evidence.told.replayed),
        stored={one.stored.id: one.stored for one in evidence.messages},
        early_receipts=evidence.early_receipts,
        seen=evidence.seen,
        receipts=evidence.receipts,
        ledger=evidence.ledger,
    )


Place = tuple[str, SubscriptionType, bool]
"""Person, type, and whether it is the text instead of an AlimTalk."""


def _places(evidence: ChannelEvidence) -> dict[Place, list[Sent]]:
    found: dict[Place, list[Sent]] = defaultdict(list)
    for one in evidence.messages:
        external_id, type_ = evidence.subscriptions.get(one.stored.subscription_id, ("nobody", one.type))
        found[external_id, type_, one.parent_id is not None].append(one)
    return found


def _matched(evidence: ChannelEvidence) -> Iterator[tuple[Due, Sent]]:
    places = _places(evidence)
    for due in evidence.due:
        for one in places.get((due.person.external_id, due.type, due.fallback), ())[:1]:
            yield due, one


def _everybody_on_every_channel(evidence: ChannelEvidence) -> Iterator[str]:
    wanted = {(one.person.external_id, one.type, one.fallback) for one in evidence.due}
    places = _places(evidence)
    for place in sorted(wanted | places.keys()):
        n = len(places.get(place, ()))
        if n != (place in wanted):
            what = " instead of an AlimTalk" if place[2] else ""
            yield f"{n} {place[1].wire} for {place[0]}{what}"


def _ends_as_scripted(evidence: ChannelEvidence) -> Iterator[str]:
    for due, one in _matched(evidence):
        if one.stored.status not in due.fate.ends:
            yield (
                f"the {due.type.wire} of {due.person.external_id} is {one.stored.status.wire}"
                f" ({one.stored.error_reason})"
            )


def _codes_as_scripted(evidence: ChannelEvidence) -> Iterator[str]:
    for due, one in _matched(evidence):
        code = 1 if due.fate.code is None else due.fate.code
        if not due.fallback and one.stored.subscription_status != code:
            yield (
                f"the {due.type.wire} subscription of {due.person.external_id} is"
                f" {one.stored.subscription_status} instead of {code}"
            )


def _providers_agree(evidence: ChannelEvidence) -> Iterator[str]:
    for due, one in _matched(evidence):
        if due.type.channel is Channel.IN_APP:
            continue
        seen = evidence.seen.get(one.stored.id)
        accepted, requests = (0, 0) if seen is None else (seen.accepted, seen.requests)
        if accepted != due.fate.accepted or requests != one.stored.attempts:
            yield (
                f"the {due.type.wire} of {due.person.external_id}: {requests} requests, {accepted} accepted,"
                f" {one.stored.attempts} attempts"
            )


def _children_know_their_parents(evidence: ChannelEvidence) -> Iterator[str]:
    by_id = {one.stored.id: one for one in evidence.messages}
    for one in evidence.messages:
        if one.parent_id is None:
            continue
        parent = by_id.get(one.parent_id)
        if parent is None or parent.type is not SubscriptionType.KAKAO_TALK:
            yield f"{one.stored.id} is sent instead of {one.parent_id}, which is no AlimTalk of this demo"
        elif parent.stored.status is not Status.FAILED:
            yield f"{one.stored.id} is sent instead of an AlimTalk that is {parent.stored.status.wire}"


def _charges_as_scripted(evidence: ChannelEvidence) -> Iterator[str]:
    expected = Counter(one.type.channel for one in evidence.due if one.fate.charged)
    for channel in sorted(expected.keys() | evidence.charges.keys()):
        n, charge = expected[channel], evidence.charges.get(channel, Charge())
        amount = PRICES.get(channel, 0) * n
        if (charge.messages, charge.amount) != (n, amount):
            yield f"{channel.wire}: {charge.messages} charged at {charge.amount}, scripted {n} at {amount}"
    yield from evidence.ledger.findings


def _ledger_adds_up(evidence: ChannelEvidence) -> Iterator[str]:
    ledger, charged = evidence.ledger, sum(one.fate.charged for one in evidence.due)
    expected = (len(evidence.due), charged, len(evidence.due) - charged)
    if not ledger.balanced or (ledger.granted, ledger.settled, ledger.released) != expected:
        yield (
            f"granted {ledger.granted}, settled {ledger.settled}, released {ledger.released}"
            f" instead of {expected[0]}, {expected[1]}, {expected[2]}"
        )


def _receipts_recorded(evidence: ChannelEvidence) -> Iterator[str]:
    """What the phones reported is on the pushes; the vendors' reports are in `ends_as_scripted`."""
    shared = _as_push(evidence)
    pushes = {one.stored.id: one.stored for one in evidence.messages if one.type in (IOS, ANDROID)}
    problems: Checking = PUSH_CHECKS["receipts_recorded"]
    yield from problems(attrs.evolve(shared, stored=pushes))


CHECKS: Final[Mapping[str, Problems]] = {
    "everybody_on_every_channel": _everybody_on_every_channel,
    "ends_as_scripted": _ends_as_scripted,
    "codes_as_scripted": _codes_as_scripted,
    "providers_agree": _providers_agree,
    "children_know_their_parents": _children_know_their_parents,
    "receipts_recorded": _receipts_recorded,
    "charges_as_scripted": _charges_as_scripted,
    "ledger_adds_up": _ledger_adds_up,
}
"""Stable names; `entrypoints.cli.texts` has a sentence for each."""
