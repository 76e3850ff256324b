"""Solapi's answers: HTTP error codes, and message status codes as they concern SMS and AlimTalk.

Source: Solapi's published status code table (edition of 2022) and error codes. Newer codes are judged by their
thousands: 1 the request, 2 the gateway, 3 the carrier or Kakao. A template or a message that is at fault fails by
itself: the channel is paused only for what would befall every message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adapters.channels.frame.phone_codes import (
    KAKAO_CHANNEL_FAULT,
    NETWORK_FAULT,
    NOT_A_FRIEND,
    NOT_ASSIGNED,
    NOT_ON_KAKAOTALK,
    NUMBER_INVALID,
    PERHAPS_BLOCKED,
    SENDER_FAULT,
    SMS_BLOCKED,
    SMS_FAILED,
    TEMPLATE_FAULT,
)
from adapters.channels.frame.verdict import SERVER_ERROR, Mark, Rule

TAKEN: Final = frozenset({"2000", "3000"})
"""Accepted by Solapi, handed to the carrier."""
DELIVERED: Final = "4000"
MORNING: Final = frozenset({"3108"})
"""Outside the hours of FriendTalk: again at 08:00 in Seoul."""
FALLBACK: Final = frozenset({"3102", "3104", "3107"})
"""The person may be reached by another channel."""

_BUG: Final = Rule(Mark.BUG)
_RETRY: Final = Rule(Mark.RETRY)
_CREDENTIAL: Final = Rule(Mark.CREDENTIAL)
_FAIL: Final = Rule(Mark.FAIL)
_SENDER: Final = Rule(Mark.CREDENTIAL, message_code=SENDER_FAULT)
_NETWORK: Final = Rule(Mark.FAIL, soft=NETWORK_FAULT)
_OBSCURE: Final = Rule(Mark.FAIL, soft=SMS_FAILED)
_BLOCKED: Final = Rule(Mark.FAIL, SMS_BLOCKED)
_TEMPLATE: Final = Rule(Mark.BUG, message_code=TEMPLATE_FAULT)
_CHANNEL: Final = Rule(Mark.CREDENTIAL, message_code=KAKAO_CHANNEL_FAULT)


def _rows(rule: Rule, codes: str) -> dict[str, Rule]:
    return dict.fromkeys(codes.split(), rule)


_EITHER: Final[Mapping[str, Rule]] = {
    **_rows(
        _BUG, "1010 1011 1013 1014 1021 1022 1023 1025 1027 1028 1029 1031 1032 1033 1034 2011 3011 1051"
    ),
    **_rows(_CREDENTIAL, "1020 1030 2230"),
    **_rows(_RETRY, "1024 2024 3012 3024 3108"),
    **_rows(_FAIL, "1026 1058 3058 3060"),
    **_rows(_SENDER, "1062 2062 3013 3059"),
    **_rows(_CHANNEL, "1041 3101 3106"),
    **_rows(_TEMPLATE, "1042 3105 1043 3103 1044 1045 1046 1047 1048 1049 1050 1052 1053"),
}
SMS_STATUS: Final[Mapping[str, Rule]] = {
    **_EITHER,
    **_rows(_BLOCKED, "1060 2060 1061 2061 3047 3055"),
    **_rows(_SENDER, "1064 2064 2063"),
    **_rows(_OBSCURE, "2254 3054 3014 3031 3046 3048 3052"),
    **_rows(Rule(Mark.FAIL, NUMBER_INVALID), "3010"),
    **_rows(Rule(Mark.FAIL, NOT_ASSIGNED), "3032 3050"),
    **_rows(_NETWORK, "3040 3041 3042 3043 3044 3045 3051 3053 3056 3057"),
    **_rows(_FAIL, "3102 3104 3107"),
}
KAKAO_STATUS: Final[Mapping[str, Rule]] = {
    **_EITHER,
    **_rows(_CREDENTIAL, "1064 2064 2063"),
    **_rows(
        _FAIL,
        "1060 2060 1061 2061 3047 3055 2254 3054 3014 3031 3046 3048 3052 3032 3050 "
        "3040 3041 3042 3043 3044 3045 3051 3053 3056 3057",
    ),
    **_rows(Rule(Mark.FAIL, NOT_ON_KAKAOTALK), "3010 3104"),
    **_rows(Rule(Mark.FAIL, message_code=NOT_A_FRIEND), "3102"),
    **_rows(Rule(Mark.FAIL, soft=PERHAPS_BLOCKED), "3107"),
}
"""A carrier's verdict on the phone says nothing about KakaoTalk on it, but for a number that does not exist."""
SUSPECT_NUMBER: Final = frozenset({"3010"})
"""AlimTalk says so, and the phone number itself is in doubt: for text messages, too."""

_NEWER: Final[Mapping[str, tuple[Rule, Rule]]] = {
    "1": (Rule(Mark.BUG), Rule(Mark.BUG)),
    "2": (_RETRY, _RETRY),
    "3": (_OBSCURE, _FAIL),
}


def status_rule(code: str, *, kakao: bool) -> Rule:
    """What a message status code means; codes that say that all is well are the caller's to know."""
    known = (KAKAO_STATUS if kakao else SMS_STATUS).get(code)
    if known is not None:
        return known
    return _NEWER.get(code[:1], (_BUG, _BUG))[kakao]


REFUSALS: Final[Mapping[str, Rule]] = {
    **_rows(
        _CREDENTIAL,
        "InvalidAPIKey SignatureDoesNotMatch Forbidden RequestTimeTooSkewed NotEnoughBalance BalanceInsufficient "
        "InvalidAppId InactiveApp BlockedApp InvalidAccountId NotOperationalStatus",
    ),
    **_rows(Rule(Mark.RENEW), "DuplicatedSignature"),
    **_rows(
        _BUG,
        "ValidationError InvalidScheduledDate RecipientsTooMany InvalidCountryId InvalidStatus InvalidStatusCode "
        "ImageNotFound ResourceNotFound",
    ),
    **_rows(
        Rule(Mark.RETRY, unknown=True), "GroupInProcessing AlreadySent ScheduledGroup InvalidGroupStatus"
    ),
    **_rows(_RETRY, "DeletedGroup FailedGroup"),
}
"""By `errorCode`. RENEW: once more with a new salt, the request was not executed. Unknown: ask the group."""

THROTTLED: Final = 429
_UNAUTHORIZED: Final = 401


def refusal_rule(status: int, code: str | None) -> Rule:
    """What an HTTP error means: by its errorCode, else by its status."""
    known = REFUSALS.get(code or "")
    if known is not None:
        return known
    if status == THROTTLED:
        return Rule(Mark.THROTTLE, default_wait=60.0)
    if status in (502, 504):
        return Rule(Mark.RETRY, unknown=True)
    if status >= SERVER_ERROR:
        return _RETRY
    return _CREDENTIAL if status == _UNAUTHORIZED else _BUG
