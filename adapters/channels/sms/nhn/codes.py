"""NHN Cloud SMS: what its API answers, what carriers report in Korea, and what comes back from abroad.

Source: NHN Cloud, "SMS > Result Code". A code of its own row wins over a range. A blocked country fails its messages
only: the channel is paused for what would befall every message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adapters.channels.frame.phone_codes import (
    NETWORK_FAULT,
    NOT_ASSIGNED,
    NUMBER_INVALID,
    SENDER_FAULT,
    SMS_BLOCKED,
    SMS_FAILED,
)
from adapters.channels.frame.verdict import Mark, Rule

_BUG: Final = Rule(Mark.BUG)
_RETRY: Final = Rule(Mark.RETRY)
_CREDENTIAL: Final = Rule(Mark.CREDENTIAL)
_FAIL: Final = Rule(Mark.FAIL)
_SENDER: Final = Rule(Mark.CREDENTIAL, message_code=SENDER_FAULT)
_NETWORK: Final = Rule(Mark.FAIL, soft=NETWORK_FAULT)
_OBSCURE: Final = Rule(Mark.FAIL, soft=SMS_FAILED)
_BLOCKED: Final = Rule(Mark.FAIL, SMS_BLOCKED)
_INVALID: Final = Rule(Mark.FAIL, NUMBER_INVALID)
_UNASSIGNED: Final = Rule(Mark.FAIL, NOT_ASSIGNED)


def _codes(rule: Rule, *codes: int) -> dict[int, Rule]:
    return dict.fromkeys(codes, rule)


API: Final[Mapping[int, Rule]] = {
    **_codes(_CREDENTIAL, -1000, -1001, -1002, -1003, -1004, -1007, -1008, -2052, -6000, -6004),
    **_codes(_BUG, 4, -1005, -1006, -2015, -2048, -2023, -2024, -2043, -4000, -6003, -8000),
    **_codes(_INVALID, -2018, -2019),
    **_codes(_RETRY, -2021, -9999),
    **_codes(_BUG, -2044, -2045, -2046, -2047, -2050, -2051, -2053),
    **_codes(_SENDER, -2312, -2313),
    **_codes(_BLOCKED, -6001),
}
"""Ranges that the table names besides (-20xx, -21xx, -22xx, -27xx, -70xx, -9995 … -9998) are all BUG, as is what is new."""


def api_rule(code: int) -> Rule:
    """What an API result code means."""
    return API.get(code, _BUG)


def _words(rule: Rule, codes: str) -> dict[str, Rule]:
    return dict.fromkeys(codes.split(), rule)


DELIVERED: Final = "1000"
RESULTS: Final[Mapping[str, Rule]] = {
    **_words(_NETWORK, "1001 3011"),
    **_words(_INVALID, "1002 3003 4003"),
    **_words(_SENDER, "1003 3017 3018 3019 4001 4002"),
    **_words(_NETWORK, "1019 2000 2001 2002 2003 2004 2005 2007 3004 3005 4004 4009"),
    **_words(_OBSCURE, "2006 3000 3008 3014 4006 4007 E900 E999"),
    **_words(_UNASSIGNED, "3001 4005"),
    **_words(_FAIL, "3002 3015 E915"),
    **_words(_BLOCKED, "3006 3013"),
    **_words(_BUG, "3007 3009 3010 3016 E911 E913"),
    **_words(_OBSCURE, "3012 4008 4010"),
    **_words(_RETRY, "E919"),
}
"""Result codes of receiving. 1001 and 3011 may be sent once more, E919 in the hours of advertising: by the sender."""


def result_rule(code: str) -> Rule:
    """What a carrier's result code means; a new one says only that the message did not arrive."""
    return RESULTS.get(code, _OBSCURE)


ABROAD_WAITS: Final = frozenset({"ACCEPTED", "BUFFERED"})
ABROAD_DELIVERED: Final = "DELIVERED"
ABROAD: Final[Mapping[str, Rule]] = {
    **_words(_NETWORK, "2 7 8"),
    **_words(_UNASSIGNED, "3"),
    **_words(_BLOCKED, "4 9 53"),
    **_words(_OBSCURE, "1 5 11 12 14 99 1000"),
    **_words(_FAIL, "6 13 20 21 22"),
    **_words(Rule(Mark.THROTTLE), "16"),
    **_words(_SENDER, "39 51 54"),
}
"""DLR error codes of international messages."""


def abroad_rule(code: str) -> Rule:
    """What a DLR error code means."""
    return ABROAD.get(code, _OBSCURE)
