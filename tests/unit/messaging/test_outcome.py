"""Outcomes and events: values with safe defaults, codes that never change."""

from __future__ import annotations

import attrs
import pytest

from domain.messaging.event import EVENT_OF, MessageEventType, Source
from domain.messaging.lifecycle import Event
from domain.messaging.outcome import (
    Accepted,
    CredentialFault,
    Deferred,
    NotAttempted,
    Rejected,
    Unknown,
)

OUTCOMES = (
    Accepted("id"),
    Rejected("BadDeviceToken", -10),
    Deferred("429", 3.0),
    Unknown("timeout"),
    CredentialFault("403", 2),
    NotAttempted(),
)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_outcomes_are_values(outcome: object) -> None:
    """Equal to a copy of themselves, and nobody can change one."""
    assert attrs.evolve(outcome) == outcome  # type: ignore[type-var]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        outcome.reason = "other"  # type: ignore[attr-defined]


def test_a_rejection_blames_nobody_unless_it_is_told_to() -> None:
    """No subscription code, no damage, no bug of ours by default."""
    plain = Rejected("PayloadTooLarge")
    assert (plain.subscription_code, plain.message_code, plain.damage, plain.bug) == (
        None,
        None,
        False,
        False,
    )
    assert plain.token_invalid_since is None


def test_a_deferral_slows_nobody_else_down_by_default() -> None:
    plain = Deferred("ServiceUnavailable")
    assert (plain.throttle, plain.unknown, plain.retry_after, plain.max_attempts) == (
        False,
        False,
        None,
        None,
    )


def test_every_event_of_the_lifecycle_has_a_line_in_the_history() -> None:
    """One distinct event type each; the creation and what devices report beyond the lifecycle have their own."""
    assert set(EVENT_OF) == set(Event)
    assert len(set(EVENT_OF.values())) == len(Event)
    assert set(MessageEventType) - set(EVENT_OF.values()) == {
        MessageEventType.CREATED,
        MessageEventType.DISPLAYED,
        MessageEventType.CLICKED,
        MessageEventType.DISMISSED,
        MessageEventType.REPORTED,
    }


def test_stored_codes_of_events_and_sources_never_change() -> None:
    """The database holds them: append-only."""
    assert [kind.wire for kind in MessageEventType][:8] == [
        "created",
        "sent",
        "failed",
        "errored",
        "retried",
        "received",
        "converted",
        "canceled",
    ]
    assert [int(kind) for kind in MessageEventType] == list(range(12))
    assert [(source.wire, int(source)) for source in Source] == [
        ("api", 0),
        ("worker", 1),
        ("provider", 2),
        ("sdk", 3),
        ("reconciler", 4),
        ("operator", 5),
        ("signal", 6),
        ("campaign", 7),
        ("fallback", 8),
        ("confirmation", 9),
    ]


@pytest.mark.parametrize("kind", list(MessageEventType))
def test_event_names_lead_back(kind: MessageEventType) -> None:
    assert MessageEventType.from_wire(kind.wire) is kind


def test_an_unknown_event_name_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="created, sent"):
        MessageEventType.from_wire("opened")
