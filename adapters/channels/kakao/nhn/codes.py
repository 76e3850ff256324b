"""NHN Cloud KakaoTalk Bizmessage: what its API answers, and what Kakao reports of an AlimTalk.

Source: NHN Cloud, "KakaoTalk Bizmessage > Error Code". A code of its own row wins over a range. A template that is at
fault fails its messages only: the channel is paused for what would befall every message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from adapters.channels.frame.phone_codes import (
    ALIMTALK_BLOCKED,
    DAILY_LIMIT,
    KAKAO_CHANNEL_FAULT,
    NOT_A_FRIEND,
    NOT_ON_KAKAOTALK,
    PERHAPS_NOT_ON_KAKAOTALK,
    SENDER_FAULT,
    TEMPLATE_FAULT,
)
from adapters.channels.frame.verdict import Mark, Rule

_BUG: Final = Rule(Mark.BUG)
_RETRY: Final = Rule(Mark.RETRY)
_CREDENTIAL: Final = Rule(Mark.CREDENTIAL)
_SENDER: Final = Rule(Mark.CREDENTIAL, message_code=SENDER_FAULT)
_CHANNEL: Final = Rule(Mark.CREDENTIAL, message_code=KAKAO_CHANNEL_FAULT)
_TEMPLATE: Final = Rule(Mark.BUG, message_code=TEMPLATE_FAULT)
_NOBODY: Final = Rule(Mark.FAIL, NOT_ON_KAKAOTALK)

ALREADY_ACCEPTED: Final = -1005
"""The idempotency key was used within ten minutes: what it named was taken."""
ALL_FAILED: Final = -1031
"""Each recipient has a code of its own."""


def _codes(rule: Rule, *codes: int) -> dict[int, Rule]:
    return dict.fromkeys(codes, rule)


API: Final[Mapping[int, Rule]] = {
    **_codes(_CREDENTIAL, -1000, -1001, -1020, -1030, -4004, -4005),
    **_codes(_SENDER, -1002, -1003, -1019, -2502, -4200),
    **_codes(Rule(Mark.RETRY, unknown=True), ALREADY_ACCEPTED),
    **_codes(_CHANNEL, -1006, -1014, -1024, -1027, -2017, -4029),
    **_codes(_TEMPLATE, -1028, -3003, -3004, -3005, -3010, -3011, -3042, -3043, -3046, -3049),
    **_codes(_BUG, 4, -1016, ALL_FAILED),
    **_codes(Rule(Mark.FAIL, ALIMTALK_BLOCKED), -3301),
    **_codes(_NOBODY, -4019, -5000),
    **_codes(_RETRY, -7000, -9999),
}
"""Ranges that the table names besides (-20xx, -25xx, -30xx … -33xx, -40xx, -41xx, -80xx, -999x) are all BUG, as is what is
new."""
SUSPECT_NUMBER: Final = frozenset({"-4019", "-5000", "1020", "3008"})
"""The phone number itself is in doubt: for text messages, too."""


def api_rule(code: int) -> Rule:
    """What an API result code means."""
    return API.get(code, _BUG)


def _words(rule: Rule, *codes: int | Iterable[int]) -> dict[str, Rule]:
    flat = [one for code in codes for one in ((code,) if isinstance(code, int) else code)]
    return dict.fromkeys(map(str, flat), rule)


DELIVERED: Final = "1000"
UNCERTAIN: Final = frozenset({"3005", "4131"})
"""Sent, not confirmed (it may arrive within three days); taken before under the same id: nothing changes."""
UNDER_WAY: Final = frozenset({"4000", "4001", "4161"})
RESULTS: Final[Mapping[str, Rule]] = {
    **_words(_BUG, 1001, 1004, 1012, 1015, 1030, 1033, 3011, 3013, 3014, 3023, 3025, 3026),
    **_words(
        _BUG, 4100, 4101, 4110, 4120, 4130, 4144, 1028, 3041, range(3043, 3049), range(3050, 3059), 4138
    ),
    **_words(_BUG, 3024, 3042),
    **_words(_CREDENTIAL, 1002, 1011, 1013, 1014, 1016, 4103),
    **_words(_CHANNEL, 1003, 1006, 1007, range(1021, 1026), 1027, 4104),
    **_words(_NOBODY, 1020, 3008, 3019),
    **_words(Rule(Mark.FAIL, message_code=NOT_A_FRIEND), 2003),
    **_words(
        _RETRY, 2001, 2005, 3000, 3006, 3010, 3012, 4121, 4122, 4137, range(4139, 4143), 9998, 9999, 3022
    ),
    **_words(_TEMPLATE, 3015, 4102, 4133, 4134, 3016, range(3027, 3041), 4132),
    **_words(Rule(Mark.FAIL, soft=PERHAPS_NOT_ON_KAKAOTALK), 3018, 3021),
    **_words(Rule(Mark.FAIL, ALIMTALK_BLOCKED), 3020),
    **_words(Rule(Mark.FAIL), 4143),
    **_words(Rule(Mark.THROTTLE, message_code=DAILY_LIMIT), 4156),
}
FALLBACK: Final = frozenset(
    {"3018", "3019", "3020", "3021", "2001", "2005", "3000", "3006", "3010", "3012", "4121", "4122", "4137"}
    | {"4139", "4140", "4141", "4142", "9998", "9999"}
)
"""Kakao could not deliver: the person may be reached by another channel."""


def result_rule(code: str) -> Rule:
    """What a delivery result code means; a new one says only that the message did not arrive."""
    return RESULTS.get(code, Rule(Mark.FAIL))
