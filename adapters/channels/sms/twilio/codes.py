"""Twilio's error codes, as an answer to a send and as the ErrorCode of a status callback.

Source: Twilio, "Error and Warning Dictionary". A destination that is switched off fails its messages only: the
channel is paused for what would befall every message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from adapters.channels.frame.phone_codes import (
    NETWORK_FAULT,
    NOT_ASSIGNED,
    NUMBER_INVALID,
    SENDER_FAULT,
    SMS_BLOCKED,
    SMS_FAILED,
)
from adapters.channels.frame.verdict import SERVER_ERROR, Mark, Rule

_BUG: Final = Rule(Mark.BUG)
_RETRY: Final = Rule(Mark.RETRY)
_UNKNOWN: Final = Rule(Mark.RETRY, unknown=True)
_THROTTLE: Final = Rule(Mark.THROTTLE, default_wait=60.0)
_CREDENTIAL: Final = Rule(Mark.CREDENTIAL)
_SENDER: Final = Rule(Mark.CREDENTIAL, message_code=SENDER_FAULT)
_FAIL: Final = Rule(Mark.FAIL)
_INVALID: Final = Rule(Mark.FAIL, NUMBER_INVALID)
_UNASSIGNED: Final = Rule(Mark.FAIL, NOT_ASSIGNED)
_BLOCKED: Final = Rule(Mark.FAIL, SMS_BLOCKED)
_NETWORK: Final = Rule(Mark.FAIL, soft=NETWORK_FAULT)
_OBSCURE: Final = Rule(Mark.FAIL, soft=SMS_FAILED)


def _codes(rule: Rule, *codes: int | Iterable[int]) -> dict[int, Rule]:
    flat = [one for code in codes for one in ((code,) if isinstance(code, int) else code)]
    return dict.fromkeys(flat, rule)


CODES: Final[Mapping[int, Rule]] = {
    **_codes(_CREDENTIAL, 10001, 20003, 20005, 20006, 20008, 20403, 30002),
    **_codes(_BUG, 20001, 20002, 20004, 20404, 20426, 21602, 21603, 21604, 21605, 21609, range(21617, 21621)),
    **_codes(_BUG, 21623, 21624, 21626, 21627, range(21652, 21657), 21658, range(30012, 30017), 30019),
    **_codes(_BUG, range(30028, 30032), 30400, 30404, 30409),
    **_codes(_RETRY, 20409, 20503, 30020, 30021),
    **_codes(_UNKNOWN, 20500, 20504),
    **_codes(_THROTTLE, 20429, 14107, 63017, 21611, 30001),
    **_codes(_THROTTLE, 30022, 30023, range(30025, 30028), 63038),
    **_codes(_INVALID, 21211, 21217, 21401, 21421),
    **_codes(_UNASSIGNED, 21214, 21614, 21635, 30005, 30006),
    **_codes(_SENDER, 21212, 21601, 21606, 21607, 21616, 21621, 21657, 21659, 21660, 21661, 21613),
    **_codes(
        _SENDER, range(21701, 21706), range(21708, 21721), 30018, 30024, range(30032, 30036), 30040, 30125
    ),
    **_codes(_BUG, 21216, 21408),
    **_codes(_CREDENTIAL, 21219, 21608),
    **_codes(_BLOCKED, 21610, 30004),
    **_codes(_OBSCURE, 21612, 30008, 30009, 30010),
    **_codes(_BUG, 21622, 30011),
    **_codes(_NETWORK, 30003, 30017, 30410),
    **_codes(_FAIL, 30007, 30036, range(30037, 30040), 30450, 30453, 30454),
}
UNTIL_TOMORROW: Final = frozenset({30022, 30023, *range(30025, 30028), 63038})
"""Caps of a day: again after midnight."""


def create_rule(status: int, code: int | None) -> Rule:
    """What an answer to a send means: by Twilio's code, else by the HTTP status."""
    known = CODES.get(code or 0)
    if known is not None:
        return known
    if status == 429:
        return _THROTTLE
    if status == 503:
        return _RETRY
    if status >= SERVER_ERROR:
        return _UNKNOWN
    return _CREDENTIAL if status in (401, 403) else _BUG


def callback_rule(code: int | None) -> Rule:
    """What the ErrorCode of an undelivered or failed message means; a new one says only that it did not arrive."""
    return CODES.get(code or 0, _OBSCURE)
