"""A decision names what held a message, once each, and when it is too late for it."""

from __future__ import annotations

from datetime import timedelta

from domain.campaigns.decision import Due, Excluded, Exclusion, Hold
from tests.unit.campaigns.moments import at

NOON = at("2026-05-04T03:00Z")
HOUR = timedelta(hours=1)


def test_a_hold_that_changes_nothing_is_not_named() -> None:
    """Who is due at once is not held."""
    due = Due(NOON).until(NOON, Hold.QUIET_HOURS)
    assert due == Due(NOON)
    assert not due.is_held


def test_each_reason_is_named_once_where_it_first_had_effect() -> None:
    """Also when quiet hours and the night of advertising hold a message in turn."""
    due = (
        Due(NOON)
        .until(NOON + HOUR, Hold.QUIET_HOURS)
        .until(NOON + 2 * HOUR, Hold.NIGHT_ADVERTISING)
        .until(NOON + 3 * HOUR, Hold.QUIET_HOURS)
    )
    assert due == Due(NOON + 3 * HOUR, (Hold.QUIET_HOURS, Hold.NIGHT_ADVERTISING))
    assert due.is_held


def test_expiry_is_exclusive_and_kept() -> None:
    """At the instant of expiry it is too late, whatever held it."""
    held = Due(NOON).until(NOON + HOUR, Hold.LOCAL_TIME)
    assert held.within(NOON + HOUR) == Excluded(Exclusion.EXPIRED, (Hold.LOCAL_TIME,))
    later = NOON + HOUR + timedelta(microseconds=1)
    assert held.within(later) == Due(NOON + HOUR, (Hold.LOCAL_TIME,), later)
    assert held.within(None) == held
