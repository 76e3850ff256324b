"""Phone numbers: which can receive texts, and the forms that gateways want them in.

Stored is E.164. Which numbers are mobile comes from the metadata of `phonenumbers`; it still lists Korean prefixes
that were given up in 2021, so Korea has a rule of its own.
"""

from __future__ import annotations

import re
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from domain.shared.errors import InvalidInput

KOREA: Final = "82"
_KOREAN_MOBILE: Final = re.compile(r"\+8210\d{8}")
_MOBILE: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_COUNTRY_CODES: Final = frozenset(str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
_KIND: Final = {
    PhoneNumberType.FIXED_LINE: "a landline",
    PhoneNumberType.TOLL_FREE: "a toll-free number",
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.SHARED_COST: "a shared-cost number",
    PhoneNumberType.VOIP: "an internet telephony number (070)",
    PhoneNumberType.PERSONAL_NUMBER: "a personal number (050)",
    PhoneNumberType.PAGER: "a pager",
    PhoneNumberType.UAN: "a representative number (15xx, 16xx, 18xx)",
    PhoneNumberType.VOICEMAIL: "a voice mailbox",
}


def check_mobile(number: str, *, field: str) -> str:
    """The number as E.164; raise InvalidInput when no text message could ever reach it.

    Accepted is E.164, or a national number of Korea. Mobile numbers pass, and those of countries where landlines and
    mobiles look alike.
    """
    fix = "give a mobile number as E.164, such as +821012345678"
    try:
        parsed = phonenumbers.parse(number, "KR")
    except NumberParseException:
        raise InvalidInput(f"{field} is no phone number", field=field, fix=fix) from None
    canonical = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if parsed.extension or not phonenumbers.is_valid_number(parsed):
        raise InvalidInput(f"{field} is no phone number that exists", field=field, fix=fix)
    kind = phonenumbers.number_type(parsed)
    if kind not in _MOBILE:
        raise InvalidInput(
            f"{field} is {_KIND.get(kind, 'no mobile number')}, which receives no texts", field=field, fix=fix
        )
    if canonical.startswith("+821") and not _KOREAN_MOBILE.fullmatch(canonical):
        raise InvalidInput(
            f"{field} is no Korean mobile number: 010 and eight digits", field=field, fix="give 010-1234-5678"
        )
    return canonical


def is_korean(number: str) -> bool:
    """Whether an E.164 number is Korea's."""
    return number.startswith("+82")


def national_digits(number: str) -> str:
    """An E.164 number without its country code, as it is dialled in Korea: 01012345678; abroad without trunk prefix."""
    if number.startswith("+82"):
        return f"0{number[3:]}"
    return number[1 + len(country_code(number)) :]


def country_code(number: str) -> str:
    """The country code of an E.164 number, without the plus sign. Country codes are free of prefixes."""
    for length in (2, 1, 3):
        if number[1 : 1 + length] in _COUNTRY_CODES:
            return number[1 : 1 + length]
    return number[1:3]


def from_digits(digits: str, country: str = KOREA) -> str:
    """The E.164 number of what a gateway reports: national digits of a country, or digits that begin with its code."""
    plain = re.sub(r"[^\d+]", "", digits)
    if plain.startswith("+"):
        return plain
    if plain.startswith("0"):
        return f"+{country}{plain.lstrip('0')}"
    return f"+{plain}" if plain.startswith(country) and len(plain) > 10 else f"+{country}{plain}"
