"""Korean advertising rules: consent decides who gets it, the night when, the channel whether at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.campaigns.advertising import (
    CARRIES_ADVERTISING,
    NIGHT,
    NO_CONSENT,
    AdvertisingRules,
    AdvertisingScope,
    Consent,
    advertising_from_json,
    consent_in,
)
from domain.campaigns.decision import Due, Excluded, Exclusion, Hold
from domain.campaigns.zones import zone_named
from domain.shared.channels import Channel
from domain.shared.json_values import Json
from tests.unit.campaigns.moments import at, refusal

PUSH, EMAIL, SMS, KAKAO = Channel.PUSH, Channel.EMAIL, Channel.SMS, Channel.KAKAO_TALK
OPTION: dict[str, Json] = {
    "sender_name": "자동상점",
    "sender_contact": "서울시 중구 1, 02-1234-5678, shop@example.com",
    "opt_out": {
        "push": "수신거부: 설정 > 알림",
        "email": "수신거부(unsubscribe): 아래 링크",
        "sms": "무료수신거부 080-123-4567",
        "in_app": "수신거부: 설정 > 알림",
    },
    "scope": "everyone",
    "email_at_night": False,
}
AD, DAY_AND_NIGHT = Consent(ad=True), Consent(ad=True, night=True)
NOON, MIDNIGHT = at("2026-05-04T03:00Z"), at("2026-05-04T15:00Z")
MORNING = Due(at("2026-05-04T23:00Z"), (Hold.NIGHT_ADVERTISING,))
REFUSED = Excluded(Exclusion.NO_AD_CONSENT)


def rules(**changes: Json) -> AdvertisingRules:
    return advertising_from_json({**OPTION, **changes})


@pytest.mark.parametrize(
    ("instant", "consent", "expected"),
    [
        (NOON, NO_CONSENT, REFUSED),
        (MIDNIGHT, NO_CONSENT, REFUSED),
        # Consent to the night without consent to advertising is none.
        (MIDNIGHT, Consent(night=True), REFUSED),
        (NOON, AD, Due(NOON)),
        (MIDNIGHT, AD, MORNING),
        (MIDNIGHT, DAY_AND_NIGHT, Due(MIDNIGHT)),
        (NOON, DAY_AND_NIGHT, Due(NOON)),
        # The first and the last second of the night.
        (at("2026-05-04T11:59:59Z"), AD, Due(at("2026-05-04T11:59:59Z"))),
        (at("2026-05-04T12:00:00Z"), AD, MORNING),
        (at("2026-05-04T22:59:59Z"), AD, MORNING),
        (at("2026-05-04T23:00:00Z"), AD, Due(at("2026-05-04T23:00:00Z"))),
    ],
)
def test_consent_decides_who_and_when(instant: datetime, consent: Consent, expected: Due | Excluded) -> None:
    """No advertising without consent, none from 21:00 to 08:00 in Korea without consent to that as well."""
    for channel in (PUSH, SMS, EMAIL, Channel.IN_APP):
        assert rules().decide(instant, channel, consent) == expected


def test_alimtalk_carries_no_advertising() -> None:
    """Whatever people agreed to."""
    assert rules().decide(NOON, KAKAO, DAY_AND_NIGHT) == Excluded(Exclusion.NOT_FOR_ADVERTISING)
    assert KAKAO not in CARRIES_ADVERTISING


def test_an_application_may_use_the_exemption_of_e_mail_from_the_night() -> None:
    """Of the night only: without consent to advertising there is no e-mail either."""
    exempt = rules(email_at_night=True)
    assert exempt.decide(MIDNIGHT, EMAIL, AD) == Due(MIDNIGHT)
    assert exempt.decide(MIDNIGHT, EMAIL, NO_CONSENT) == REFUSED
    assert exempt.decide(MIDNIGHT, PUSH, AD) == MORNING


def test_the_rules_may_be_limited_to_recipients_in_korea() -> None:
    """Who may be in Korea is treated as if they were."""
    korea = rules(scope="korea")
    for country in ("KR", "kr", None):
        assert korea.decide(MIDNIGHT, PUSH, AD, country=country) == MORNING
        assert korea.decide(NOON, PUSH, NO_CONSENT, country=country) == REFUSED
    assert korea.decide(MIDNIGHT, PUSH, NO_CONSENT, country="DE") == Due(MIDNIGHT)
    assert rules().decide(NOON, PUSH, NO_CONSENT, country="DE") == REFUSED


def test_who_would_get_it_too_late_in_the_morning_is_left_out() -> None:
    """With the reason and what held it."""
    expired = Excluded(Exclusion.EXPIRED, (Hold.NIGHT_ADVERTISING,))
    assert rules().decide(MIDNIGHT, PUSH, AD, expires_at=MORNING.at) == expired
    assert rules().decide(NOON, PUSH, AD, expires_at=NOON) == Excluded(Exclusion.EXPIRED)


@settings(deadline=None)
@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(Channel),
    st.builds(Consent, st.booleans(), st.booleans()),
)
def test_nothing_goes_out_at_night_without_consent_to_it(
    instant: datetime, channel: Channel, consent: Consent
) -> None:
    """And nothing at any time without consent to advertising."""
    decision = rules().decide(instant, channel, consent)
    if isinstance(decision, Excluded):
        assert not consent.ad or channel is KAKAO
        return
    assert consent.ad
    assert channel is not KAKAO
    assert consent.night or not NIGHT.is_quiet(decision.at, zone_named("UTC", field="zone"))
    assert decision.at >= instant


@pytest.mark.parametrize(
    ("tags", "properties", "expected"),
    [
        ({}, {}, NO_CONSENT),
        ({"ad_consent": True}, {}, AD),
        ({"ad_consent": "true"}, {}, AD),
        ({"ad_consent": " True "}, {}, AD),
        ({}, {"ad_consent": True, "night_consent": True}, DAY_AND_NIGHT),
        # What the subscription says counts more than what the user's properties say: it was refused here.
        ({"ad_consent": False}, {"ad_consent": True}, NO_CONSENT),
        ({"ad_consent": None}, {"ad_consent": True}, AD),
        ({"ad_consent": 1}, {}, NO_CONSENT),
        ({"ad_consent": "yes"}, {}, NO_CONSENT),
        ({"ad_consent": "Y"}, {"ad_consent": True}, NO_CONSENT),
        ({"ad_consent": [True]}, {}, NO_CONSENT),
        ({"ad_consent": "2026-01-01"}, {}, NO_CONSENT),
        ({"night_consent": True}, {}, Consent(night=True)),
    ],
    ids=str,
)
def test_only_true_is_consent(tags: dict[str, Json], properties: dict[str, Json], expected: Consent) -> None:
    """In doubt nobody agreed."""
    assert consent_in(tags, properties) == expected


def test_the_option_survives_the_way_to_the_database_and_back() -> None:
    """And writes what it read."""
    assert rules().to_json() == OPTION
    assert rules(scope="korea").scope is AdvertisingScope.KOREA


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sender_name": None}, "sender_name"),
        ({"sender_name": ""}, "sender_name"),
        ({"sender_name": "가" * 41}, "sender_name"),
        ({"sender_name": "두\n줄"}, "sender_name"),
        ({"sender_contact": None}, "sender_contact"),
        ({"sender_contact": 80}, "sender_contact"),
        ({"opt_out": None}, "opt_out"),
        ({"opt_out": {}}, "opt_out"),
        ({"opt_out": "call us"}, "opt_out"),
        ({"opt_out": {"push": None}}, "opt_out"),
        ({"opt_out": {"push": ""}}, "opt_out.push"),
        ({"opt_out": {"push": 7}}, "opt_out.push"),
        ({"opt_out": {"kakao_talk": "차단"}}, "opt_out.kakao_talk"),
        ({"opt_out": {"fax": "차단"}}, "opt_out.fax"),
        ({"opt_out": {"sms": "수신거부 02-123-4567"}}, "opt_out.sms"),
        ({"scope": "asia"}, "scope"),
        ({"email_at_night": "yes"}, "email_at_night"),
        ({"prefix": "[AD]"}, "prefix"),
    ],
    ids=str,
)
def test_an_unusable_option_is_refused_by_name(changes: dict[str, Json], field: str) -> None:
    """With the fix."""
    assert refusal(lambda: rules(**changes)).field == f"advertising.{field}"


def test_a_campaign_needs_the_words_for_each_of_its_channels() -> None:
    """And no AlimTalk."""
    push_only = advertising_from_json({"sender_name": "자동상점", "opt_out": {"push": "수신거부: 설정"}})
    push_only.check_channels([PUSH], field="channels")
    refused = refusal(lambda: push_only.check_channels([PUSH, SMS], field="channels"))
    assert refused.field == "channels"
    assert "advertising.opt_out.sms" in (refused.fix or "")
    assert "information only" in refusal(lambda: rules().check_channels([KAKAO], field="channels")).message
