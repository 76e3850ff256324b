"""The decision about receipts, without a database: every status, every kind, in any order, once."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

import attrs
import pytest

from application.messaging.receipt_plan import Verdict, plan_receipts
from application.ports.receipts import Effects, LockedMessage, ReceiptItem, ReceiptPlan
from domain.messaging.event import MessageEventType, Source, event_id
from domain.messaging.lifecycle import WAITING, Event, Status
from domain.messaging.outcome import SoftFault
from domain.shared.channels import SubscriptionType

NOW = datetime(2026, 1, 1, tzinfo=UTC)
APPLICATION, SUBSCRIPTION, INSTALL, MESSAGE = (UUID(int=n) for n in range(1, 5))
RECEIVED, CONVERTED = MessageEventType.RECEIVED, MessageEventType.CONVERTED
KINDS = (RECEIVED, CONVERTED, MessageEventType.CLICKED, MessageEventType.FAILED)


def locked(status: Status, *, attempted: bool = True) -> LockedMessage:
    got = status in (Status.RECEIVED, Status.CONVERTED)
    return LockedMessage(
        MESSAGE, APPLICATION, SUBSCRIPTION, SubscriptionType.IOS_PUSH, status, attempted, got,
        status is Status.CONVERTED,
    )  # fmt: skip


def item(kind: MessageEventType, **changes: object) -> ReceiptItem:
    values: dict[str, object] = {
        "event_id": event_id(MESSAGE, SUBSCRIPTION, kind),
        "message_id": MESSAGE,
        "event_type": kind,
        "occurred_at": NOW,
        "source": Source.SDK,
        "application_id": APPLICATION,
        "subscription_id": SUBSCRIPTION,
        **changes,
    }
    return ReceiptItem(**values)  # type: ignore[arg-type]


def decide(
    items: list[ReceiptItem], message: LockedMessage, installs: dict[UUID, UUID | None] | None = None
) -> tuple[list[Verdict], ReceiptPlan]:
    return plan_receipts(items, {message.id: message}, installs or {}, NOW)


@pytest.mark.parametrize("order", list(itertools.permutations(KINDS)))
@pytest.mark.parametrize("status", list(Status))
def test_the_order_of_receipts_does_not_matter(status: Status, order: tuple[MessageEventType, ...]) -> None:
    """Whatever the order in the batch: the same final status, events and counts as in the natural order."""
    expected_message, message = locked(status), locked(status)
    _, expected = decide([item(kind) for kind in KINDS], expected_message)
    verdicts, plan = decide([item(kind) for kind in order], message)
    assert verdicts == [Verdict.ACCEPTED] * len(KINDS)
    assert message.status is expected_message.status
    assert (plan.moves, plan.received, plan.converted) == (
        expected.moves,
        expected.received,
        expected.converted,
    )
    assert {line.event_id for line in plan.events} == {line.event_id for line in expected.events}


@pytest.mark.parametrize("status", sorted(WAITING))
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_not_attempted_is_kept(status: Status, kind: MessageEventType) -> None:
    """No transition and no event: only kept."""
    message = locked(status, attempted=False)
    verdicts, plan = decide([item(kind)], message)
    assert verdicts == [Verdict.ACCEPTED]
    assert [one.event_type for one in plan.early] == [kind]
    assert not plan.events
    assert not any(plan.moves.values())
    assert message.status is status


@pytest.mark.parametrize("status", sorted(WAITING))
def test_a_receipt_for_an_attempt_proves_the_send(status: Status) -> None:
    """send first, then receive; the send is never later than now, whatever the device's clock says."""
    message = locked(status)
    _, plan = decide([item(RECEIVED, occurred_at=NOW + timedelta(minutes=4))], message)
    assert plan.moves[Event.SEND] == [(message, NOW)]
    assert plan.moves[Event.RECEIVE] == [(message, NOW + timedelta(minutes=4))]
    assert [line.event_type for line in plan.events] == [MessageEventType.SENT, RECEIVED]


def test_converted_counts_received_once() -> None:
    """received + converted, each once, however the two receipts come."""
    message = locked(Status.SUCCESSFUL)
    _, plan = decide([item(CONVERTED), item(RECEIVED), item(CONVERTED)], message)
    assert (plan.received, plan.converted) == ({SUBSCRIPTION: 1}, {SUBSCRIPTION: 1})
    assert len({line.event_id for line in plan.events}) == 2


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"message_id": UUID(int=99)}, Verdict.UNKNOWN_MESSAGE),
        ({"application_id": UUID(int=99)}, Verdict.UNKNOWN_MESSAGE),
        ({"subscription_id": UUID(int=99)}, Verdict.NOT_YOURS),
        ({"install_id": UUID(int=99)}, Verdict.NOT_YOURS),
        ({"install_id": INSTALL}, Verdict.ACCEPTED),
        ({"subscription_id": None, "application_id": None}, Verdict.ACCEPTED),
    ],
)
def test_only_who_got_the_message_may_report_about_it(changes: dict[str, object], verdict: Verdict) -> None:
    """A foreign receipt writes nothing at all."""
    verdicts, plan = decide([item(RECEIVED, **changes)], locked(Status.SUCCESSFUL), {SUBSCRIPTION: INSTALL})
    assert verdicts == [verdict]
    assert bool(plan.events) == (verdict is Verdict.ACCEPTED)


@pytest.mark.parametrize("source", [Source.SDK, Source.PROVIDER])
@pytest.mark.parametrize("status", list(Status))
def test_only_a_provider_can_fail_a_message_and_only_a_sent_one(status: Status, source: Source) -> None:
    """After received it is too late: the person has the message."""
    message = locked(status)
    _, plan = decide([item(MessageEventType.FAILED, source=source, reason="bounced")], message)
    failed = source is Source.PROVIDER and status in (Status.PENDING, Status.ERRORED, Status.SUCCESSFUL)
    assert bool(plan.moves[Event.FAIL]) == failed
    assert plan.fail_reasons == ({MESSAGE: "bounced"} if failed else {})


def test_event_ids_are_of_what_is_said() -> None:
    """The same statement has the same id; another message, recipient or kind has another."""
    one = event_id(MESSAGE, SUBSCRIPTION, RECEIVED)
    assert one == event_id(MESSAGE, SUBSCRIPTION, RECEIVED)
    others = {
        event_id(UUID(int=9), SUBSCRIPTION, RECEIVED),
        event_id(MESSAGE, UUID(int=9), RECEIVED),
        event_id(MESSAGE, SUBSCRIPTION, CONVERTED),
    }
    assert one not in others
    assert len(others) == 3


def in_app(status: Status) -> LockedMessage:
    return attrs.evolve(locked(status), type=SubscriptionType.IN_APP_MESSAGE)


def test_an_in_app_message_is_received_when_it_was_on_the_screen() -> None:
    """An impression is its receipt; of a push it is only an event."""
    shown, pushed = in_app(Status.SUCCESSFUL), locked(Status.SUCCESSFUL)
    _, plan = decide([item(MessageEventType.DISPLAYED)], shown)
    assert (shown.status, plan.received) == (Status.RECEIVED, {SUBSCRIPTION: 1})
    decide([item(MessageEventType.DISPLAYED)], pushed)
    assert pushed.status is Status.SUCCESSFUL


KEEP = None
IN_APP_ROWS: list[tuple[MessageEventType, int | None, Status, Effects | None]] = [
    (MessageEventType.DISPLAYED, None, Status.RECEIVED, KEEP),
    (MessageEventType.CONVERTED, None, Status.CONVERTED, KEEP),
    (MessageEventType.CLICKED, None, Status.SUCCESSFUL, KEEP),
    (MessageEventType.DISMISSED, None, Status.SUCCESSFUL, KEEP),
    (MessageEventType.FAILED, -70, Status.FAILED, Effects(code=-70)),
    (MessageEventType.FAILED, -71, Status.FAILED, Effects(code=-71)),
    # What the scheduler sets; a device that was asked for one message says so of that moment only.
    (MessageEventType.FAILED, -72, Status.SUCCESSFUL, KEEP),
    (MessageEventType.FAILED, -73, Status.SUCCESSFUL, Effects(soft=SoftFault(-73, 3))),
    # Reported with the subscription (`push_error`), not with a message.
    (MessageEventType.FAILED, -74, Status.SUCCESSFUL, KEEP),
]


@pytest.mark.parametrize(("kind", "code", "status", "effects"), IN_APP_ROWS)
def test_every_event_of_an_in_app_message_means_what_the_table_says(
    kind: MessageEventType, code: int | None, status: Status, effects: Effects | None
) -> None:
    """Channel fact sheet 6.3, row by row: the message's state, and what the subscription gets; each is written down."""
    message = in_app(Status.SUCCESSFUL)
    _, plan = decide([item(kind, metadata={} if code is None else {"code": code})], message)
    assert message.status is status
    assert bool(plan.fail_reasons) == (status is Status.FAILED)
    assert [line.event_type for line in plan.events] == [kind]
    assert [line.item.effects for line in plan.events] == [effects]
