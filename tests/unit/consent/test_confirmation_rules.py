"""Double opt-in's rules by themselves: codes, waits, and who has to confirm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from application.audience.confirmation_request import must_confirm
from domain.audience.confirmation import code_from, wait_before_sending
from domain.audience.preference import masked, may_switch
from domain.shared.channels import SubscriptionType

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
EMAIL, SMS, KAKAO = SubscriptionType.EMAIL, SubscriptionType.SMS, SubscriptionType.KAKAO_TALK


@pytest.mark.parametrize(("draw", "code"), [(0.0, "000000"), (0.0000015, "000001"), (0.9999999, "999999")])
def test_a_code_has_six_digits(draw: float, code: str) -> None:
    """Leading zeros included."""
    assert code_from(draw) == code


@pytest.mark.parametrize(
    ("ago", "wait"),
    [
        ([], 0),
        ([10], 20),
        ([30], 0),
        ([3600, 60], 0),
        ([3600, 7200, 60], 86_400 - 7200),
        ([90_000, 3600, 60], 0),
        ([100, 200, 300, 400], 86_400 - 300),
    ],
)
def test_an_address_is_asked_three_times_a_day_and_not_twice_at_once(ago: list[int], wait: int) -> None:
    """Seconds since messages went, and until the next may."""
    sent = [NOW - timedelta(seconds=one) for one in ago]
    assert wait_before_sending(sent, NOW) == timedelta(seconds=wait)


@pytest.mark.parametrize(
    ("type", "wanted", "channels", "must"),
    [
        (EMAIL, None, {"email"}, True),
        (SMS, None, {"email"}, False),
        (EMAIL, False, {"email"}, False),
        (SMS, True, set(), True),
        (KAKAO, True, {"email", "sms"}, False),
    ],
)
def test_who_must_confirm(
    type: SubscriptionType, wanted: bool | None, channels: set[str], must: bool
) -> None:
    """The caller's word goes before the application's setting; only e-mail and SMS know it."""
    assert must_confirm(type, wanted, channels) is must


@pytest.mark.parametrize(
    ("type", "status", "may"),
    [(EMAIL, 1, True), (EMAIL, -45, True), (EMAIL, -54, False), (SMS, -54, True), (KAKAO, -2, True)]
    + [(EMAIL, status, False) for status in (-98, -31, -42, -44, 0)],
)
def test_what_a_recipient_may_switch(type: SubscriptionType, status: int, may: bool) -> None:
    """Their own opt-out, not a bounce, a complaint, a pending confirmation or the application's own switch."""
    assert may_switch(type, status) is may


@pytest.mark.parametrize(
    ("type", "address", "shown"),
    [(EMAIL, "minsu@example.com", "m***@example.com"), (SMS, "+821012345678", "+82***5678")],
)
def test_an_address_is_shown_to_who_knows_it(type: SubscriptionType, address: str, shown: str) -> None:
    """And to nobody else: a forwarded link must not tell it."""
    assert masked(type, address) == shown
