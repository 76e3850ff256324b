"""The lifecycle table: what the specification draws, and its scalar and batch readers in step on every pair."""

from __future__ import annotations

import pytest

from domain.messaging.lifecycle import (
    FINAL,
    REFUSED,
    TRANSITIONS,
    WAITING,
    Event,
    Status,
    next_status,
    next_statuses,
    sources,
    target,
)
from domain.shared.errors import IllegalTransition

EXPECTED = {
    Event.SEND: ({"pending", "errored"}, "successful"),
    Event.FAIL: ({"pending", "errored", "successful"}, "failed"),
    Event.ERROR: ({"pending", "errored"}, "errored"),
    Event.RETRY: ({"errored"}, "pending"),
    Event.RECEIVE: ({"successful", "errored"}, "received"),
    Event.CONVERT: ({"successful", "errored", "received"}, "converted"),
    Event.CANCEL: ({"pending", "errored"}, "canceled"),
}
"""Design section 4, "Transitions", written out a second time on purpose."""


@pytest.mark.parametrize("event", list(Event))
def test_the_table_is_the_one_that_was_decided(event: Event) -> None:
    """Each event's sources and its one target are those of the decision."""
    from_, to = EXPECTED[event]
    assert {status.wire for status, one in TRANSITIONS if one is event} == from_
    assert target(event).wire == to


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("status", list(Status))
def test_the_readers_agree_on_every_pair(status: Status, event: Event) -> None:
    """Scalar, batch and guard say the same; test_lifecycle_sql asks PostgreSQL, too."""
    try:
        scalar: int = next_status(status, event)
    except IllegalTransition:
        scalar = REFUSED
    assert next_statuses(bytes([status]), event) == bytes([scalar])
    assert (status in sources(event)) == (scalar != REFUSED)
    if scalar != REFUSED:
        assert scalar == target(event)


def test_a_batch_is_read_code_by_code() -> None:
    """All statuses at once give what each gives alone, in order; codes that are no status are refused."""
    codes = bytes(range(256))
    for event in Event:
        answer = next_statuses(codes, event)
        assert list(answer[: len(Status)]) == [next_statuses(bytes([s]), event)[0] for s in Status]
        assert set(answer[len(Status) :]) == {REFUSED}


def test_an_illegal_event_says_where_it_is_possible() -> None:
    """The error names the state, the event and the states that allow it."""
    with pytest.raises(IllegalTransition) as caught:
        next_status(Status.FAILED, Event.RETRY)
    assert "failed" in caught.value.message
    assert "errored" in str(caught.value.fix)


def test_final_and_waiting_are_derived_from_the_table() -> None:
    """failed, converted and canceled are final; pending and errored may still be sent."""
    assert {status.wire for status in FINAL} == {"failed", "converted", "canceled"}
    assert {status.wire for status in WAITING} == {"pending", "errored"}


@pytest.mark.parametrize("status", list(Status))
def test_wire_names_lead_back_to_the_status(status: Status) -> None:
    assert Status.from_wire(status.wire) is status


def test_an_unknown_wire_name_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="pending, successful"):
        Status.from_wire("sent")


def test_stored_codes_never_change() -> None:
    """The database holds them: append-only."""
    assert [(status.wire, int(status)) for status in Status] == [
        ("pending", 0),
        ("successful", 1),
        ("failed", 2),
        ("errored", 3),
        ("received", 4),
        ("converted", 5),
        ("canceled", 6),
    ]
