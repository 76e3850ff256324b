"""The catalogue of status codes against the tables it was made from, written out here once more."""

from __future__ import annotations

import pytest

from domain.audience.status_catalogue import BANDS, CATALOGUE, CodeRange, Setter, codes_set_by
from domain.audience.subscription_status import SubscriptionStatus, check_settable
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput

# The specification's six tables: code → a word of its definition or description.
SPECIFICATION = {
    "other": {
        1: "구독됨",
        0: "구독된 적 없음",
        -99: "구독된 적 없음",
        -2: "취소",
        -31: "API",
        -98: "이중 확인",
    },
    "push_error": {
        **dict.fromkeys((-3, -5), "지원 라이브러리"),
        **dict.fromkeys((-4, -8, -11, -12), "Google Play 서비스"),
        -6: "Sender ID",
        **dict.fromkeys((-7, -9), "Google Play 서비스 앱"),
        -10: "앱 제거",
        -13: "iOS 푸시 기능 누락",
        **dict.fromkeys((-14, -16, -17), "APNS"),
        -15: "시뮬레이터",
        -18: "표시된 적 없음",
        -19: "응답하지 않음",
        **dict.fromkeys((-20, -21), "웹 푸시 권한 철회됨"),
        -22: "권한을 철회함",
        **dict.fromkeys((-23, -24), "웹 서비스 워커"),
    },
    "email_error": {
        -40: "유효하지 않은",
        -41: "전송 실패",
        -42: "하드 바운스",
        -43: "소프트 바운스",
        -44: "스팸",
        -45: "수신 거부",
    },
    "sms_error": {
        -50: "유효하지 않은",
        -51: "전송 실패",
        -52: "존재하지 않는",
        -53: "네트워크",
        -54: "차단",
        -55: "발신 번호",
    },
    "kakao_error": {-60: "미사용자", -61: "차단", -62: "친구", -63: "템플릿", -64: "한도", -65: "채널 오류"},
    "in_app_error": {-70: "앱 버전", -71: "사용자", -72: "표시 조건", -73: "저장공간", -74: "초기화"},
}

# The channel fact sheet's section 0.2, with the decision about -55, -62 … -65 and -72.
SETTERS = {
    Setter.SDK: {-3, -4, -5, -6, -7, -8, -9, -10, -11, -12, -13, -14, -15, -16, -17, -18, -19, -20, -21, -22}
    | {-23, -24, -70, -71, -73, -74},
    Setter.SERVER: {-6, -10, -40, -41, -42, -43, -44, -45, -50, -51, -52, -53, -54, -60, -61},
    Setter.MESSAGE_ONLY: {-55, -62, -63, -64, -65, -72},
    Setter.USER: {-2},
    Setter.API: {-31},
    Setter.DOUBLE_OPT_IN: {-98},
}


def test_the_catalogue_holds_every_code_of_the_specification_and_no_other() -> None:
    assert set(CATALOGUE) == {code for table in SPECIFICATION.values() for code in table}


@pytest.mark.parametrize(
    ("range_", "code", "word"),
    [(range_, code, word) for range_, table in SPECIFICATION.items() for code, word in table.items()],
)
def test_each_code_has_the_range_and_the_meaning_of_its_table(range_: str, code: int, word: str) -> None:
    line = CATALOGUE[code]
    assert line.range == range_
    assert word in line.ko
    assert line.en.isascii()
    assert line.en


@pytest.mark.parametrize("setter", SETTERS)
def test_each_setter_may_set_exactly_the_codes_of_the_fact_sheet(setter: Setter) -> None:
    computed = {1, 0, -99}  # worked out by the rules, not set by anybody
    assert set(codes_set_by(setter)) - computed == SETTERS[setter]


@pytest.mark.parametrize("code", range(-110, 5))
def test_ranges_are_whole_bands(code: int) -> None:
    expected = "other"
    for name, low, high in (
        ("push_error", -24, -3),
        ("email_error", -49, -40),
        ("sms_error", -59, -50),
        ("kakao_error", -69, -60),
        ("in_app_error", -79, -70),
    ):
        if low <= code <= high:
            expected = name
    assert [name for name, band in BANDS.items() if code in band] == (
        [expected] if expected != "other" else []
    )


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_calculations_of_a_status_follow_the_specification(code: int) -> None:
    if CATALOGUE[code].is_message_only:
        with pytest.raises(InvalidInput):
            SubscriptionStatus(code)
        return
    status = SubscriptionStatus(code)
    assert status.is_subscribed == (code > 0)
    assert status.is_unsubscribed == (code in (-2, -31))
    assert status.has_error == (code < 1 and code not in (0, -2, -31, -98, -99))


def test_any_code_from_one_on_is_subscribed_and_unknown_codes_are_refused() -> None:
    assert SubscriptionStatus(7).is_subscribed
    assert SubscriptionStatus(7).meaning("ko") == "구독됨"
    for unknown in (-1, -25, -30, -46, -56, -66, -75, -100):
        with pytest.raises(InvalidInput):
            SubscriptionStatus(unknown)


def test_a_code_is_refused_from_the_wrong_setter_and_on_the_wrong_type() -> None:
    assert check_settable(-10, Setter.SDK, SubscriptionType.IOS_PUSH).code == -10
    for code, setter, type in (
        (-31, Setter.SDK, SubscriptionType.IOS_PUSH),
        (-42, Setter.SDK, SubscriptionType.EMAIL),
        (-10, Setter.SERVER, SubscriptionType.EMAIL),
        (-42, Setter.SERVER, SubscriptionType.SMS),
        (-72, Setter.SDK, SubscriptionType.IN_APP_MESSAGE),
        (-2, Setter.API, SubscriptionType.EMAIL),
    ):
        with pytest.raises(InvalidInput):
            check_settable(code, setter, type)


def test_ranges_name_the_channel_they_belong_to() -> None:
    assert SubscriptionStatus(-42).error_code_range is CodeRange.EMAIL
    assert SubscriptionStatus(-42).applies_to(SubscriptionType.EMAIL)
    assert not SubscriptionStatus(-42).applies_to(SubscriptionType.SMS)
    assert all(SubscriptionStatus(-2).applies_to(type) for type in SubscriptionType)
