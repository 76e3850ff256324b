"""Fallback: what a look at one decides, and what of a plan is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from domain.messaging.fallback import (
    Fallback,
    FallbackRule,
    Step,
    UnderWay,
    leads_on,
    morning_after,
    next_look,
    next_step,
)
from domain.messaging.lifecycle import Status
from domain.messaging.outcome import Details
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput

START = datetime(2026, 3, 1, tzinfo=UTC)
WITHIN = FallbackRule.IF_NOT_RECEIVED_WITHIN
ON_FAILURE = UnderWay(
    FallbackRule.ON_FAILURE, None, START, START + timedelta(days=3), 1, Status.SUCCESSFUL, None, False
)
IN_TIME = attrs.evolve(ON_FAILURE, rule=WITHIN, within_seconds=300)
MINUTE, LATE = START + timedelta(minutes=1), START + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("status", "reason", "step"),
    [
        (Status.PENDING, None, Step.WAIT),
        (Status.ERRORED, "unknown_outcome", Step.WAIT),
        (Status.SUCCESSFUL, None, Step.WAIT),
        (Status.FAILED, "3104", Step.NEXT),
        (Status.FAILED, "unsubscribed", Step.NEXT),
        (Status.FAILED, "suppressed", Step.NEXT),
        (Status.FAILED, "unknown_outcome", Step.OVER),
        (Status.FAILED, "dead_lettered", Step.OVER),
        (Status.FAILED, "expired", Step.OVER),
        (Status.FAILED, "already_received", Step.OVER),
        (Status.CANCELED, None, Step.OVER),
        (None, None, Step.OVER),
    ],
)
def test_on_failure_only_a_failure_leads_on(status: Status | None, reason: str | None, step: Step) -> None:
    """And none after which the message may have arrived, or comes too late."""
    for now in (MINUTE, LATE):
        assert next_step(attrs.evolve(ON_FAILURE, status=status, reason=reason), now) is step


@pytest.mark.parametrize(
    ("status", "early", "late"),
    [
        (Status.PENDING, Step.WAIT, Step.REPLACE),
        (Status.ERRORED, Step.WAIT, Step.REPLACE),
        (Status.SUCCESSFUL, Step.WAIT, Step.NEXT),
        (Status.FAILED, Step.NEXT, Step.NEXT),
        (Status.RECEIVED, Step.OVER, Step.OVER),
        (Status.CONVERTED, Step.OVER, Step.OVER),
    ],
)
def test_without_a_receipt_in_time_the_next_channel_starts(status: Status, early: Step, late: Step) -> None:
    """What waits is taken back first."""
    assert next_step(attrs.evolve(IN_TIME, status=status), MINUTE) is early
    assert next_step(attrs.evolve(IN_TIME, status=status), LATE) is late


@pytest.mark.parametrize("state", [ON_FAILURE, IN_TIME])
def test_what_arrived_ends_it(state: UnderWay) -> None:
    """Whatever became of the others; a message that waits is taken back."""
    there = attrs.evolve(state, received=True)
    assert next_step(there, LATE) is Step.OVER
    assert next_step(attrs.evolve(there, status=Status.FAILED), LATE) is Step.OVER
    assert next_step(attrs.evolve(there, status=Status.PENDING), LATE) is Step.RECALL


@pytest.mark.parametrize(
    ("reason", "details", "goes_on"),
    [
        ("3104", {"code": -60, "fallback": True}, True),
        ("3107", None, True),
        ("3041", {"mark": "fail", "fallback": True}, True),
        ("unsubscribed", {}, True),
        ("service_unavailable", {"attempts_exhausted": True}, True),
        ("-7000", {"fallback": False, "attempts_exhausted": True}, True),
        ("3010", {"code": -60, "fallback": False}, False),
        ("3103", {"code": -63, "bug": True}, False),
        ("template_mismatch", {"code": -63, "field": "content.variables.no"}, False),
        ("3016", {"mark": "bug", "fallback": False}, False),
        ("1062", {"code": -55, "bug": True}, False),
        ("2062", {"mark": "credential", "code": -55}, False),
        ("1003", {"mark": "sender", "code": -65}, False),
        ("invalid_content", {"bug": True}, False),
        ("render_refused", None, False),
        ("too_large_when_rendered", None, False),
        ("content_too_large", {"field": "content.text"}, False),
        ("unknown_outcome", {"charged": True}, False),
    ],
)
def test_a_fault_of_the_senders_leads_nowhere(reason: str, details: Details | None, goes_on: bool) -> None:
    """A template, a malformed request and a credential would be hidden by the next channel, at a price."""
    assert leads_on(reason, details) is goes_on
    failed = attrs.evolve(IN_TIME, status=Status.FAILED, reason=reason, details=details)
    assert next_step(failed, LATE) is (Step.NEXT if goes_on else Step.OVER)


def test_a_refused_credential_is_waited_for() -> None:
    """Nothing was sent because of the account, not of the person; once it was sent, time counts again."""
    parked = attrs.evolve(IN_TIME, status=Status.PENDING, credential_at_fault=True)
    assert next_step(parked, LATE) is Step.WAIT
    assert next_step(attrs.evolve(parked, credential_at_fault=False), LATE) is Step.REPLACE
    assert next_step(attrs.evolve(parked, status=Status.SUCCESSFUL), LATE) is Step.NEXT


def test_advertising_waits_for_the_morning_in_seoul() -> None:
    """From 21:00 to 08:00; at any other time it goes on at once."""
    eight = datetime(2026, 3, 1, 23, tzinfo=UTC)
    assert morning_after(eight) is None
    assert morning_after(eight - timedelta(seconds=1)) == eight
    assert morning_after(datetime(2026, 3, 1, 11, 59, tzinfo=UTC)) is None
    assert morning_after(datetime(2026, 3, 1, 12, tzinfo=UTC)) == eight
    assert morning_after(datetime(2026, 3, 1, 16, tzinfo=UTC)) == eight


def test_the_last_channel_is_only_watched() -> None:
    """There is nothing left to start, but something may be taken back."""
    last = attrs.evolve(IN_TIME, steps_left=0)
    assert next_step(last, LATE) is Step.WAIT
    assert next_step(attrs.evolve(last, status=Status.FAILED), LATE) is Step.OVER
    assert next_step(last, last.expires_at) is Step.OVER
    assert next_step(attrs.evolve(last, status=Status.PENDING), last.expires_at) is Step.WAIT


def test_after_its_expiry_nothing_new_starts() -> None:
    """A code that was to be entered within minutes is of no use a day later."""
    failed = attrs.evolve(ON_FAILURE, status=Status.FAILED, reason="3104")
    assert next_step(failed, failed.expires_at) is Step.OVER


def test_looks_are_close_at_first_and_exact_when_a_receipt_is_overdue() -> None:
    """A second, then a quarter of the age, at most a minute."""

    def waits(state: UnderWay, seconds: float) -> float:
        now = START + timedelta(seconds=seconds)
        return (next_look(state, now) - now).total_seconds()

    assert [waits(ON_FAILURE, age) for age in (0, 2, 40, 4_000)] == [1, 1, 10, 60]
    assert [waits(IN_TIME, age) for age in (0, 280, 299, 400)] == [1, 20, 1, 60]
    assert waits(ON_FAILURE, -3_600) == 3_601


EMAIL, SMS = Channel.EMAIL, Channel.SMS


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (Fallback([SMS]), "fallback.channels"),
        (Fallback([SMS, SMS]), "fallback.channels"),
        (Fallback(list(Channel)[:6] * 2), "fallback.channels"),
        (Fallback([SMS, EMAIL], WITHIN), "fallback.within_seconds"),
        (Fallback([SMS, EMAIL], WITHIN, 9), "fallback.within_seconds"),
        (Fallback([SMS, EMAIL], WITHIN, 604_801), "fallback.within_seconds"),
        (Fallback([SMS, EMAIL], FallbackRule.ON_FAILURE, 60), "fallback.within_seconds"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(plan: Fallback, field: str) -> None:
    """Naming the member and what to do."""
    with pytest.raises(InvalidInput) as refused:
        plan.check(field="fallback")
    assert (refused.value.field, bool(refused.value.fix)) == (field, True)


def test_sound_plans_pass() -> None:
    """With and without a time."""
    Fallback([SMS, EMAIL]).check(field="fallback")
    Fallback([SMS, EMAIL], WITHIN, 300).check(field="fallback")
