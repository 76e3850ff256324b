"""Every subscription status code: its range, its meaning, and who may set it.

Source: the specification's tables of codes; who sets what is the channel fact sheet's section 0.2. Codes that
concern one message only (sender's faults) stand here too, marked, so that nobody sets them on a subscription.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

import attrs

from domain.shared.channels import SubscriptionType


class Setter(StrEnum):
    """Who may set a code."""

    USER = "user"
    API = "api"
    SDK = "sdk"
    SERVER = "server"
    DOUBLE_OPT_IN = "double_opt_in"
    MESSAGE_ONLY = "message_only"


class CodeRange(StrEnum):
    """The specification's `error_code_range`, whole bands."""

    PUSH = "push_error"
    EMAIL = "email_error"
    SMS = "sms_error"
    KAKAO = "kakao_error"
    IN_APP = "in_app_error"
    OTHER = "other"


@attrs.frozen(slots=True)
class StatusCode:
    """One line of the catalogue."""

    code: int
    range: CodeRange
    ko: str
    en: str
    setters: frozenset[Setter]

    @property
    def is_message_only(self) -> bool:
        return Setter.MESSAGE_ONLY in self.setters


SUBSCRIBED: Final = 1
NEVER_SUBSCRIBED: Final = 0
UNSUBSCRIBED_BY_USER: Final = -2
UNREGISTERED: Final = -10
PERMISSION_NOT_ASKED: Final = -18
PERMISSION_PENDING: Final = -19
PERMISSION_REVOKED: Final = -22
DISABLED_BY_API: Final = -31
EMAIL_INVALID: Final = -40
PHONE_INVALID: Final = -50
IN_APP_UNSUPPORTED: Final = -70
IN_APP_SWITCHED_OFF: Final = -71
AWAITING_CONFIRMATION: Final = -98
NEVER_SUBSCRIBED_EITHER: Final = -99

BANDS: Final[Mapping[CodeRange, range]] = {
    CodeRange.PUSH: range(-24, -2),
    CodeRange.EMAIL: range(-49, -39),
    CodeRange.SMS: range(-59, -49),
    CodeRange.KAKAO: range(-69, -59),
    CodeRange.IN_APP: range(-79, -69),
}

"""Basic codes (`other`) belong to every type."""
TYPES_OF: Final[Mapping[CodeRange, frozenset[SubscriptionType]]] = {
    CodeRange.PUSH: frozenset({SubscriptionType.IOS_PUSH, SubscriptionType.ANDROID_PUSH}),
    CodeRange.EMAIL: frozenset({SubscriptionType.EMAIL}),
    CodeRange.SMS: frozenset({SubscriptionType.SMS}),
    CodeRange.KAKAO: frozenset({SubscriptionType.KAKAO_TALK}),
    CodeRange.IN_APP: frozenset({SubscriptionType.IN_APP_MESSAGE}),
}


def range_of(code: int) -> CodeRange:
    """-3…-24 push, -40…-49 e-mail, -50…-59 SMS, -60…-69 Kakao, -70…-79 in-app; everything else is `other`."""
    for name, band in BANDS.items():
        if code in band:
            return name
    return CodeRange.OTHER


_USER = frozenset({Setter.USER})
_API = frozenset({Setter.API})
_SDK = frozenset({Setter.SDK})
_SERVER = frozenset({Setter.SERVER})
_EITHER = frozenset({Setter.SDK, Setter.SERVER})
_OPT_IN = frozenset({Setter.DOUBLE_OPT_IN})
_MESSAGE = frozenset({Setter.MESSAGE_ONLY})
_ANYONE = frozenset(Setter) - _MESSAGE

_PLAY = "Android Google Play 서비스 라이브러리 오류: 업그레이드 필요"
_PLAY_EN = "Google Play services library error: upgrade the library in the app"
_OLD_PLAY = "기기의 Google Play 서비스 앱이 오래됨: 업데이트 필요"
_OLD_PLAY_EN = "Google Play services on the device is outdated"
_SUPPORT = "Android 지원 라이브러리 오류: 추가 또는 업데이트 필요"
_SUPPORT_EN = "Android support library is missing or outdated in the app"
_APNS = "기기의 APNS 연결 문제"
_APNS_EN = "the device has trouble reaching APNs"
_WEB = "웹 레코드 임시 상태: 웹 푸시 권한 철회됨"
_WEB_EN = "web record in a temporary state: web push permission withdrawn"
_WORKER = "웹 서비스 워커 오류"
_WORKER_EN = "web push service worker error"

_LINES: Final[tuple[tuple[int, str, str, frozenset[Setter]], ...]] = (
    (1, "구독됨", "subscribed", _ANYONE),
    (0, "구독된 적 없음", "never subscribed", _EITHER),
    (-99, "구독된 적 없음", "never subscribed", _SERVER),
    (-2, "사용자가 구독을 취소함", "unsubscribed by the user", _USER),
    (-31, "REST API를 통해 비활성화됨", "disabled through the REST API", _API),
    (-98, "이중 확인 대기 중", "awaiting double opt-in", _OPT_IN),
    (-3, _SUPPORT, _SUPPORT_EN, _SDK),
    (-4, _PLAY, _PLAY_EN, _SDK),
    (-5, _SUPPORT, _SUPPORT_EN, _SDK),
    (-6, "FCM Sender ID가 토큰 원본과 일치하지 않음", "the token belongs to another FCM sender", _EITHER),
    (-7, _OLD_PLAY, _OLD_PLAY_EN, _SDK),
    (-8, _PLAY, _PLAY_EN, _SDK),
    (-9, _OLD_PLAY, _OLD_PLAY_EN, _SDK),
    (
        -10,
        "구독되지 않음: 앱 제거 또는 기기 설정에서 취소됨",
        "unregistered: app removed or switched off on the device",
        _EITHER,
    ),
    (-11, _PLAY, _PLAY_EN, _SDK),
    (-12, _PLAY, _PLAY_EN, _SDK),
    (-13, "iOS 푸시 기능 누락", "the iOS app lacks the push capability", _SDK),
    (-14, _APNS, _APNS_EN, _SDK),
    (-15, "iOS 시뮬레이터 오류: iOS 16.4+ 필요", "iOS simulator older than 16.4", _SDK),
    (-16, _APNS, _APNS_EN, _SDK),
    (-17, _APNS, _APNS_EN, _SDK),
    (-18, "권한 요청이 표시된 적 없음", "permission was never asked", _SDK),
    (-19, "권한 요청에 응답하지 않음", "permission prompt unanswered", _SDK),
    (-20, _WEB, _WEB_EN, _SDK),
    (-21, _WEB, _WEB_EN, _SDK),
    (-22, "사용자가 권한을 철회함", "permission withdrawn by the user", _SDK),
    (-23, _WORKER, _WORKER_EN, _SDK),
    (-24, _WORKER, _WORKER_EN, _SDK),
    (-40, "유효하지 않은 이메일", "invalid e-mail address", _SERVER),
    (-41, "이메일 전송 실패", "e-mail could not be delivered", _SERVER),
    (-42, "하드 바운스", "hard bounce", _SERVER),
    (-43, "소프트 바운스", "soft bounces", _SERVER),
    (-44, "스팸으로 신고됨", "reported as spam", _SERVER),
    (-45, "이메일 내 링크로 수신 거부", "unsubscribed by the link in an e-mail", _SERVER),
    (-50, "유효하지 않은 전화번호", "invalid phone number", _SERVER),
    (-51, "SMS 전송 실패", "SMS could not be delivered", _SERVER),
    (-52, "존재하지 않는 번호", "number not assigned", _SERVER),
    (-53, "통신사 네트워크 오류", "carrier network error", _SERVER),
    (-54, "사용자가 수신을 차단함", "blocked by the recipient", _SERVER),
    (-55, "발신 번호 제한", "sender number restricted", _MESSAGE),
    (-60, "카카오톡 미사용자", "not a KakaoTalk user", _SERVER),
    (-61, "알림톡 수신 차단", "AlimTalk blocked by the user", _SERVER),
    (-62, "친구 추가 안됨", "not a friend of the business account", _MESSAGE),
    (-63, "템플릿 미승인", "template not approved", _MESSAGE),
    (-64, "일일 발송 한도 초과", "daily sending limit exceeded", _MESSAGE),
    (-65, "카카오 비즈니스 채널 오류", "Kakao business channel error", _MESSAGE),
    (-70, "지원되지 않는 앱 버전", "unsupported app version", _SDK),
    (-71, "사용자가 인앱 메시지를 끔", "in-app messages switched off by the user", _SDK),
    (-72, "표시 조건 불일치", "display conditions not met", _MESSAGE),
    (-73, "기기 저장공간 부족", "device storage is full", _SDK),
    (-74, "인앱 메시지 SDK 초기화 실패", "in-app SDK failed to start", _SDK),
)

CATALOGUE: Final[Mapping[int, StatusCode]] = {
    code: StatusCode(code, range_of(code), ko, en, setters) for code, ko, en, setters in _LINES
}


def codes_set_by(setter: Setter) -> Iterator[int]:
    """Codes that this setter may set, in the catalogue's order."""
    return (line.code for line in CATALOGUE.values() if setter in line.setters)
