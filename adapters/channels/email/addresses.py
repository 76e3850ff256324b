"""Mail addresses in headers: who may stand there, and how a name beside an address is written (RFC 5322, RFC 2047)."""

from __future__ import annotations

import base64
import re
from typing import Final

import attrs

from domain.audience.address import parse_address
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput

LONGEST_ADDRESS: Final = 254
"""RFC 5321 section 4.5.3.1.3, without the angle brackets."""
LONGEST_NAME: Final = 120
FIX: Final = 'send {"email": "no-reply@shop.kr", "name": "알림"} or the address alone'

_WORD_BYTES: Final = 42
"""UTF-8 bytes of one encoded word: with `=?utf-8?B?` and `?=` 68 characters of the 75 allowed (RFC 2047 section 2)."""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")


@attrs.frozen(slots=True)
class Mailbox:
    """An address and perhaps a name."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        """What stands behind the last @."""
        return self.address.rpartition("@")[2]

    def header(self) -> str:
        """As it stands in a header field; ASCII, lines folded."""
        if not self.name:
            return self.address
        if not self.name.isascii() or "=?" in self.name:
            return f"{encoded_words(self.name)} <{self.address}>"
        if _PLAIN_NAME.fullmatch(self.name):
            return f"{self.name} <{self.address}>"
        quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{self.address}>'


def read_mailbox(value: object, field: str) -> Mailbox:
    """From `"a@b.kr"` or `{"email": …, "name": …}`; raise InvalidInput naming the field."""
    if isinstance(value, str):
        return Mailbox(checked_address(value, field))
    if not isinstance(value, dict):
        raise InvalidInput(f"{field} is not an address", field=field, fix=FIX)
    for key in value:
        if key not in ("email", "name"):
            raise InvalidInput(f"{field}.{key} is not known", field=f"{field}.{key}", fix=FIX)
    address = value.get("email")
    if not isinstance(address, str):
        raise InvalidInput(f"{field}.email is missing", field=f"{field}.email", fix=FIX)
    name = value.get("name")
    if name is not None and not isinstance(name, str):
        raise InvalidInput(f"{field}.name must be text", field=f"{field}.name", fix=FIX)
    checked_name = "" if not name else header_text(name.strip(), f"{field}.name", LONGEST_NAME)
    return Mailbox(checked_address(address, f"{field}.email"), checked_name)


def checked_address(value: str, field: str) -> str:
    """The canonical address; raise InvalidInput for one that no mail could name."""
    header_text(value, field, LONGEST_ADDRESS)
    address = parse_address(SubscriptionType.EMAIL, value) if value.strip() else None
    if address is None or address.fault is not None:
        raise InvalidInput(
            f"{field} is not an e-mail address",
            field=field,
            fix="use ASCII: local@domain, an international domain as xn--…",
        )
    return address.text


def header_text(value: str, field: str, longest: int) -> str:
    """The value; raise InvalidInput when it would end its header (CR, LF, NUL, other controls) or is too long."""
    for character in value:
        if (character < " " and character != "\t") or character in "\x7f\x85\u2028\u2029":
            raise InvalidInput(
                f"{field} holds a line break or another control character",
                field=field,
                fix="a header is one line: remove CR, LF, NUL and other control characters",
            )
    if len(value) > longest:
        raise InvalidInput(
            f"{field} has {len(value)} characters; {longest} is the most", field=field, fix="shorten it"
        )
    return value


def encoded_words(text: str) -> str:
    """Text that is not ASCII, as RFC 2047 wants it: base64 of whole characters, one word a line."""
    words: list[str] = []
    chunk = b""
    for character in text:
        encoded = character.encode()
        if len(chunk) + len(encoded) > _WORD_BYTES:
            words.append(_word(chunk))
            chunk = b""
        chunk += encoded
    if chunk:
        words.append(_word(chunk))
    return "\r\n ".join(words)


def unstructured(text: str) -> str:
    """A subject or another free text as a header value: as it is when it is ASCII, else in encoded words."""
    if text.isascii() and "=?" not in text:
        return text
    return encoded_words(text)


def _word(chunk: bytes) -> str:
    return f"=?utf-8?B?{base64.b64encode(chunk).decode()}?="
