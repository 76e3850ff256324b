"""Who a text message says it is from: Korean sender numbers, and the sender ids of international providers.

Korean gateways take only numbers that were registered beforehand (Telecommunications Business Act, article 84-2);
the shapes are those of the regulator's notice on sender numbers. A wrong shape is refused here, because a gateway
would refuse every message and suspend who repeats it.
"""

from __future__ import annotations

import re
from typing import Final

from domain.shared.errors import InvalidInput

_KOREAN: Final = re.compile(
    r"""
      02[2-9]\d{6,7}                                  # Seoul
    | 0(?:3[1-3]|4[1-4]|5[1-5]|6[1-4])[2-9]\d{6,7}    # the other area codes
    | 010[2-9]\d{7}                                   # mobile
    | 070[1-9]\d{7}                                   # internet telephony
    | 050[2-9]\d{7,8}                                 # personal numbers
    | 0(?:30|60|80)\d{7,8}                            # value-added services and toll-free
    | 1[568]\d{6}                                     # representative numbers: 1588, 1600, 1833 ...
    | 1[0-3]\d{1,2}                                   # special numbers of public bodies
    """,
    re.VERBOSE,
)
_INTERNATIONAL: Final = re.compile(
    r"""
      \+[1-9]\d{6,14}                # E.164
    | MG[0-9a-f]{32}                 # a Twilio Messaging Service
    | (?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}  # an alphanumeric sender id
    | \d{5,6}                        # a short code
    """,
    re.VERBOSE,
)


def korean_sender(value: str) -> str | None:
    """The digits that a Korean gateway wants, or None when it is no Korean sender number.

    Hyphens, spaces and the country code are taken away: +82 2-2345-6789 is 0223456789. A representative number has no
    area code: 02-1588-1234 does not exist.
    """
    digits = re.sub(r"[\s().-]", "", value)
    if digits.startswith("+82"):
        rest = digits[3:]
        digits = rest if re.match(r"1[568]\d{6}\Z", rest) else f"0{rest.removeprefix('0')}"
    return digits if digits.isascii() and _KOREAN.fullmatch(digits) else None


def international_sender(value: str) -> str | None:
    """What Twilio takes: an E.164 number, a Messaging Service, an alphanumeric id or a short code; else None.

    A Korean number becomes E.164.
    """
    text = value.strip()
    if _INTERNATIONAL.fullmatch(text):
        return text
    digits = re.sub(r"[\s().-]", "", text)
    if _INTERNATIONAL.fullmatch(digits):
        return digits
    national = korean_sender(text)
    if national is not None and national.startswith("0"):
        return f"+82{national[1:]}"
    return None


def check_sender(value: str, *, field: str) -> str:
    """The sender as it is stored, when some provider could take it; raise InvalidInput naming the field otherwise."""
    found = korean_sender(value) or international_sender(value)
    if found is None:
        raise InvalidInput(
            f"{field} is no sender number",
            field=field,
            fix="give a registered number such as 02-2345-6789 or 1588-1234, or for Twilio an E.164 number",
        )
    return found


def check_korean_sender(value: str, *, field: str) -> str:
    """The digits for a Korean gateway; raise InvalidInput naming the field when it would not take them."""
    found = korean_sender(value)
    if found is None:
        raise InvalidInput(
            f"{field} is no Korean sender number",
            field=field,
            fix="give the number that is registered with the gateway, such as 0223456789, 15881234 or 01012345678",
        )
    return found


def check_international_sender(value: str, *, field: str) -> str:
    """What Twilio takes; raise InvalidInput naming the field otherwise."""
    found = international_sender(value)
    if found is None:
        raise InvalidInput(
            f"{field} is no sender that Twilio knows",
            field=field,
            fix="give an E.164 number, a Messaging Service (MG and 32 digits), a short code or up to 11 letters",
        )
    return found
