"""What a token may look like, per subscription type, and the one form in which it is stored and looked up."""

from __future__ import annotations

import re
from typing import Final

import attrs

from domain.audience.status_catalogue import EMAIL_INVALID, PHONE_INVALID
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import InvalidInput
from domain.shared.json_values import check_line

MAX_TOKEN: Final = 4_096
_APNS = re.compile(r"(?:[0-9A-Fa-f]{2}){16,100}")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@(?=.{4,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
"""The e-mail address of HTML's input element (WHATWG), with a domain of at least two labels."""
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
"""E.164: at most fifteen digits."""
_KOREAN_MOBILE = re.compile(r"\+8210\d{8}")


MALFORMED: Final = {SubscriptionType.EMAIL: EMAIL_INVALID, SubscriptionType.SMS: PHONE_INVALID}
"""The fault of an address that nothing could ever reach, where the catalogue has one."""


@attrs.frozen(slots=True)
class Address:
    """A token in its canonical form; `fault` is the status it gets when nothing could ever reach it."""

    text: str = attrs.field(repr=False)
    fault: int | None = None


def parse_address(type: SubscriptionType, token: str, country_code: str | None = None) -> Address:
    """The canonical form of a push token, e-mail address or phone number.

    APNs tokens are hexadecimal and lower-cased; of an e-mail address the domain is lower-cased; phone numbers
    become E.164, national ones read as Korean unless `country_code` says otherwise. A malformed e-mail address
    or SMS number is kept with the fault -40 or -50 (channel fact sheet 0.2). Raise InvalidInput where the
    catalogue has no code for it.
    """
    text = check_line(token.strip(), field="token", longest=MAX_TOKEN)
    if type is SubscriptionType.IOS_PUSH:
        if not _APNS.fullmatch(text):
            raise InvalidInput(
                "token is not an APNs device token", field="token", fix="send it as hexadecimal text"
            )
        return Address(text.lower())
    if type is SubscriptionType.ANDROID_PUSH:
        if any(character.isspace() for character in text):
            raise InvalidInput("token holds white space", field="token", fix="send the FCM token as it is")
        return Address(text)
    if type is SubscriptionType.EMAIL:
        local, at, host = text.rpartition("@")
        canonical = f"{local}{at}{host.lower()}"
        ok = (
            _EMAIL.fullmatch(canonical)
            and ".." not in local
            and not local.startswith(".")
            and local[-1:] != "."
        )
        return Address(canonical, None if ok else EMAIL_INVALID)
    if type in (SubscriptionType.SMS, SubscriptionType.KAKAO_TALK):
        return _phone(type, text, country_code)
    if type.channel is not Channel.IN_APP:
        return Address(text)  # a channel that was declared: its plug-in knows more
    raise InvalidInput(f"{type.wire} subscriptions have no token", field="token", fix="leave token out")


def _phone(type: SubscriptionType, text: str, country_code: str | None) -> Address:
    digits = re.sub(r"[\s().-]", "", text)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif digits.startswith("0") and (country_code or "KR").upper() == "KR":
        digits = f"+82{digits[1:]}"
    valid = bool(_PHONE.fullmatch(digits))
    if digits.startswith("+8210"):
        valid = bool(_KOREAN_MOBILE.fullmatch(digits))
    if valid:
        return Address(digits)
    if type is SubscriptionType.KAKAO_TALK:
        raise InvalidInput(
            "token is not a phone number", field="token", fix="send it as E.164, +821012345678"
        )
    return Address(digits, PHONE_INVALID)
