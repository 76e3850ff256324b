"""What a text message says, as a strict model: every refusal names its field and what to do.

Keys: `text`; `title` (of a long message); `sender`; `type`: auto, sms or lms, as Korean gateways bill; `alphabet`:
korean (the default: what Korean phones show) or unicode (emoji and foreign scripts, which only Twilio carries);
`advertising`: the law's wording is checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NoReturn

import attrs

from domain.messaging.content import Body
from domain.messaging.sender_number import check_sender
from domain.messaging.sms_text import (
    LMS_BYTES,
    SMS_BYTES,
    TITLE_BYTES,
    KoreanText,
    Segments,
    SmsKind,
    composed,
    korean_text,
    plain_way,
    segments,
)
from domain.shared.errors import ContentTooLarge, InvalidInput
from domain.shared.json_values import check_line, check_text

KEYS: Final = frozenset({"text", "title", "sender", "type", "alphabet", "advertising"})
TYPES: Final[Mapping[str, SmsKind | None]] = {"auto": None, "sms": SmsKind.SMS, "lms": SmsKind.LMS}
ALPHABETS: Final = ("korean", "unicode")
LONGEST_UNICODE: Final = 1_600
"""Characters: Twilio's bound of a Body."""
_AD_OPENING: Final = re.compile(r"\(광고\)")
_AD_OPT_OUT: Final = re.compile(r"무료\s*(?:수신\s*)?거부\]?\s*:?\s*080[-\s]?\d{3,4}[-\s]?\d{4}\s*\Z")


@attrs.frozen(slots=True)
class SmsContent:
    """Content that passed the checks, and how long it is either way."""

    text: str
    title: str
    sender: str | None
    advertising: bool
    korean: KoreanText
    abroad: Segments

    @property
    def is_long(self) -> bool:
        """Whether a Korean gateway bills it as a long message."""
        return self.korean.kind is not SmsKind.SMS


def read_sms_content(content: Body, *, field: str) -> SmsContent:
    """Raise InvalidInput or ContentTooLarge naming the offending key for anything that no provider carries.

    A key whose value is null counts as absent. Hangul typed as separate letters is put together.
    """
    for key in content:
        if key not in KEYS:
            _refuse(field, str(key), "is not known", f"use only {', '.join(sorted(KEYS))}")
    text = composed(_text(content, "text", field) or "")
    if not text.strip():
        _refuse(field, "text", "is missing", "say something")
    title = composed(_text(content, "title", field) or "")
    if title:
        check_line(title, field=f"{field}.title", longest=120)
    wanted = TYPES[_choice(content, "type", tuple(TYPES), field)]
    if title and wanted is SmsKind.SMS:
        _refuse(field, "title", "is for long messages", "leave it out, or set type to lms")
    sender = _text(content, "sender", field)
    read = SmsContent(
        text,
        title,
        None if sender is None else check_sender(sender, field=f"{field}.sender"),
        _advertising(content, text, field),
        korean_text(text, title=title, wanted=wanted),
        segments(text),
    )
    if _choice(content, "alphabet", ALPHABETS, field) == "korean":
        check_korean(read.korean, field=field)
    elif len(text) > LONGEST_UNICODE:
        raise ContentTooLarge(
            f"{field}.text has {len(text)} characters; at most {LONGEST_UNICODE} are carried",
            field=f"{field}.text",
            fix="shorten the text",
        )
    return read


def check_korean(korean: KoreanText, *, field: str) -> None:
    """Raise InvalidInput or ContentTooLarge for what Korean phones do not show."""
    if korean.unmappable:
        shown = " ".join(korean.unmappable[:10])
        ways = [f"{one!r} → {way!r}" for one in korean.unmappable if (way := plain_way(one)) is not None]
        instead = f"write {', '.join(ways[:10])}" if ways else f"remove {shown}"
        raise InvalidInput(
            f"{field} holds characters that Korean text messages lack: {shown}",
            field=f"{field}.text",
            fix=f'{instead}; or set alphabet to "unicode" where Twilio sends',
        )
    if korean.bytes > korean.limit:
        longer = f"set type to lms ({LMS_BYTES} bytes)" if korean.limit == SMS_BYTES else "shorten the text"
        raise ContentTooLarge(
            f"{field}.text is {korean.bytes} bytes; a Korean {korean.kind} carries at most {korean.limit}",
            field=f"{field}.text",
            fix=longer,
        )
    if korean.title_bytes > TITLE_BYTES:
        raise ContentTooLarge(
            f"{field}.title is {korean.title_bytes} bytes; at most {TITLE_BYTES} are carried",
            field=f"{field}.title",
            fix="shorten the title",
        )


def _advertising(content: Body, text: str, field: str) -> bool:
    value = content.get("advertising")
    if value is None or value is False:
        return False
    if value is not True:
        _refuse(field, "advertising", "must be true or false", "send a JSON boolean")
    if not _AD_OPENING.match(text):
        _refuse(field, "text", "is advertising without saying so", "begin with (광고)")
    if not _AD_OPT_OUT.search(text):
        _refuse(field, "text", "offers no way out", "end with 무료수신거부 and the 080 number")
    return True


def _text(content: Body, key: str, field: str) -> str | None:
    value = content.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        _refuse(field, key, "must be text", "send a string")
    check_text(value, field=f"{field}.{key}")
    return value or None


def _choice(content: Body, key: str, allowed: tuple[str, ...], field: str) -> str:
    value = content.get(key)
    if value is None:
        return allowed[0]
    if not isinstance(value, str) or value not in allowed:
        _refuse(field, key, "has no such value", f"use one of {', '.join(allowed)}")
    return value


def _refuse(field: str, key: str, problem: str, fix: str) -> NoReturn:
    raise InvalidInput(f"{field}.{key} {problem}", field=f"{field}.{key}", fix=fix)
