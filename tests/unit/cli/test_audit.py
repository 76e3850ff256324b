"""The demo's audit notices every kind of damage, and names the sum that does not hold."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import attrs
import pytest

from bootstrap.demo.audit import CHECKS, audit
from bootstrap.demo.devices import IOS, Device, Fate, Registered
from bootstrap.demo.evidence import Evidence, Ledger, Receipts, Seen, Stored
from bootstrap.demo.sending import Told
from domain.messaging.event import MessageEventType as Type
from domain.messaging.lifecycle import Status

HEALTHY, OPENED, FLAKY, DEAD = (UUID(int=n) for n in range(1, 5))
FATES = {HEALTHY: Fate.HEALTHY, OPENED: Fate.HEALTHY, FLAKY: Fate.FLAKY, DEAD: Fate.DEAD}


def _stored(id_: UUID, status: Status, attempts: int, *events: Type, **more: object) -> Stored:
    fields: dict[str, object] = {
        "error_reason": None,
        "received": Type.RECEIVED in events,
        "converted": Type.CONVERTED in events,
        "subscription_status": 1,
        "total_received": int(Type.RECEIVED in events),
        "total_converted": int(Type.CONVERTED in events),
        "queued": False,
        **more,
    }
    subscription = UUID(int=id_.int + 100)
    return Stored(
        id=id_, subscription_id=subscription, status=status, attempts=attempts, events=events, **fields
    )  # type: ignore[arg-type]


def sound() -> Evidence:
    """Four messages: one delivered, one opened, one delivered after a retry, one to a dead token."""
    stored = [
        _stored(HEALTHY, Status.SUCCESSFUL, 1, Type.SENT),
        _stored(OPENED, Status.CONVERTED, 1, Type.RECEIVED, Type.SENT, Type.CONVERTED),
        _stored(FLAKY, Status.RECEIVED, 2, Type.ERRORED, Type.SENT, Type.RECEIVED),
        _stored(DEAD, Status.FAILED, 1, Type.FAILED, subscription_status=-10),
    ]
    recipients = [
        Registered(Device(IOS, fate, "token", str(uuid4())), UUID(int=id_.int + 100), "secret")
        for id_, fate in FATES.items()
    ]
    return Evidence(
        recipients=recipients,
        told=Told(4, list(FATES), replayed=True),
        stored={one.id: one for one in stored},
        early_receipts=0,
        seen={HEALTHY: Seen(1, 1), OPENED: Seen(1, 1), FLAKY: Seen(2, 1), DEAD: Seen(1, 0)},
        receipts=Receipts(received=2, converted=1, refused=0, waiting=0),
        ledger=Ledger(balanced=True, granted=4, settled=3, released=1),
    )


def _with(id_: UUID, **changes: object) -> Callable[[Evidence], Evidence]:
    def damage(evidence: Evidence) -> Evidence:
        changed = attrs.evolve(evidence.stored[id_], **changes)  # type: ignore[arg-type]
        return attrs.evolve(evidence, stored={**evidence.stored, id_: changed})

    return damage


def _seen(id_: UUID, requests: int, accepted: int) -> Callable[[Evidence], Evidence]:
    return lambda evidence: attrs.evolve(evidence, seen={**evidence.seen, id_: Seen(requests, accepted)})


def _without(id_: UUID) -> Callable[[Evidence], Evidence]:
    return lambda evidence: attrs.evolve(
        evidence, stored={key: one for key, one in evidence.stored.items() if key != id_}
    )


def _stranger(evidence: Evidence) -> Evidence:
    one = attrs.evolve(evidence.stored[HEALTHY], id=UUID(int=9))
    return attrs.evolve(
        evidence, stored={**evidence.stored, one.id: one}, seen={**evidence.seen, one.id: Seen(1, 1)}
    )


DAMAGE: dict[str, tuple[Callable[[Evidence], Evidence], str]] = {
    "a message that is nowhere": (_without(HEALTHY), "nothing_lost"),
    "a pending message in no queue": (_with(HEALTHY, status=Status.PENDING, events=()), "nothing_lost"),
    "a message that still waits": (
        _with(HEALTHY, status=Status.PENDING, events=(), queued=True),
        "everything_settled",
    ),
    "a message nobody was told of": (_stranger, "told_is_stored"),
    "a message to somebody else": (_with(HEALTHY, subscription_id=uuid4()), "told_is_stored"),
    "a replay that sent again": (
        lambda evidence: attrs.evolve(evidence, told=attrs.evolve(evidence.told, replayed=False)),
        "replay_does_nothing",
    ),
    "a canceled message": (
        _with(HEALTHY, status=Status.CANCELED),
        "accepted_is_successful_plus_failed",
    ),
    "a success that the provider never saw": (_seen(HEALTHY, 1, 0), "provider_agrees"),
    "a failure that the provider took": (_seen(DEAD, 1, 1), "provider_agrees"),
    "a request nobody counted": (_seen(HEALTHY, 2, 1), "provider_agrees"),
    "a message sent twice": (_seen(HEALTHY, 2, 2), "nothing_twice"),
    "a dead token that is still subscribed": (
        _with(DEAD, subscription_status=1),
        "dead_tokens_unsubscribed",
    ),
    "a living token that was unsubscribed": (
        _with(HEALTHY, subscription_status=-10),
        "dead_tokens_unsubscribed",
    ),
    "a retry that never was": (_with(FLAKY, attempts=1), "retried_succeeded"),
    "a receipt that is not on its message": (_with(FLAKY, received=False), "receipts_recorded"),
    "a receipt that was not counted": (_with(FLAKY, total_received=0), "receipts_recorded"),
    "a receipt that was refused": (
        lambda evidence: attrs.evolve(evidence, receipts=attrs.evolve(evidence.receipts, refused=1)),
        "receipts_recorded",
    ),
    "a receipt that waits": (lambda evidence: attrs.evolve(evidence, early_receipts=1), "receipts_recorded"),
    "a status without history": (_with(HEALTHY, events=()), "history_leads_to_status"),
    "a ledger that does not balance": (
        lambda evidence: attrs.evolve(evidence, ledger=attrs.evolve(evidence.ledger, balanced=False)),
        "ledger_balances",
    ),
    "a ledger that settled too little": (
        lambda evidence: attrs.evolve(evidence, ledger=attrs.evolve(evidence.ledger, settled=2)),
        "ledger_balances",
    ),
}


def test_sound_evidence_passes_every_check() -> None:
    """Cumulative: what was received or converted counts as successful; a receipt may precede its `sent`."""
    result = audit(sound())
    assert [check for check in result.checks if not check.holds] == []
    assert result.holds
    assert (result.accepted, result.successful, result.failed) == (4, 3, 1)
    assert (result.received, result.converted, result.retried, result.dead) == (2, 1, 1, 1)
    assert (result.provider_requests, result.duplicates, result.lost) == (5, 0, 0)


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_named(damage: str) -> None:
    """Each kind of damage breaks the check that is for it, with a text that says what was found."""
    plant, name = DAMAGE[damage]
    result = audit(plant(sound()))
    assert not result.holds
    broken = {check.name: check.found for check in result.checks if not check.holds}
    assert broken.get(name)


def test_every_check_is_broken_by_some_damage() -> None:
    """No check is there that nothing can break."""
    assert {name for _, name in DAMAGE.values()} == set(CHECKS)


def test_lost_and_duplicates_are_counted() -> None:
    """The two figures that must be 0."""
    assert audit(_without(HEALTHY)(sound())).lost == 1
    assert audit(_seen(HEALTHY, 2, 2)(sound())).duplicates == 1
