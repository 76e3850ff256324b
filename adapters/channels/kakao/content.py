"""What an AlimTalk says: a template's code, its variables, and what is sent by text message if Kakao cannot deliver.

Keys: `template_code`; `variables`; `buttons` (optional: they are the template's, and checked to be); `fallback`: a text
message ({text, title, type, sender}) that the platform sends itself. Whether the variables are those of the approved
template is told where the template is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from domain.alimtalk.buttons import Button, read_buttons
from domain.alimtalk.template import check_code, read_variables
from domain.messaging.content import Body
from domain.messaging.sender_number import check_korean_sender
from domain.messaging.sms_text import TITLE_BYTES, SmsKind, composed, korean_text
from domain.shared.errors import ContentTooLarge, InvalidInput
from domain.shared.json_values import Json

KEYS: Final = frozenset({"template_code", "variables", "buttons", "fallback"})
FALLBACK_KEYS: Final = frozenset({"text", "title", "type", "sender"})
_KINDS: Final[Mapping[str, SmsKind | None]] = {"auto": None, "sms": SmsKind.SMS, "lms": SmsKind.LMS}


@attrs.frozen(slots=True)
class KakaoContent:
    """Content that passed the checks which need no template."""

    template_code: str
    variables: Mapping[str, Json]
    buttons: tuple[Button, ...]
    fallback: Body | None
    """Content of the SMS channel, for a message that falls back."""


def read_kakao_content(content: Body, *, field: str) -> KakaoContent:
    """Raise InvalidInput or ContentTooLarge naming the offending key. A key whose value is null counts as absent."""
    for key in content:
        if key not in KEYS:
            raise InvalidInput(
                f"{field}.{key} is not known",
                field=f"{field}.{key}",
                fix=f"use only {', '.join(sorted(KEYS))}",
            )
    code = content.get("template_code")
    if not isinstance(code, str) or not code:
        raise InvalidInput(
            f"{field}.template_code is missing",
            field=f"{field}.template_code",
            fix="name an approved template",
        )
    return KakaoContent(
        check_code(code, field=f"{field}.template_code"),
        read_variables(content.get("variables"), field=f"{field}.variables"),
        read_buttons(content.get("buttons"), field=f"{field}.buttons"),
        _fallback(content.get("fallback"), f"{field}.fallback"),
    )


def _fallback(value: Json, field: str) -> Body | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field} must be an object", field=field, fix="send text, title, type and sender")
    for key in value:
        if key not in FALLBACK_KEYS:
            raise InvalidInput(
                f"{field}.{key} is not known",
                field=f"{field}.{key}",
                fix=f"use only {', '.join(sorted(FALLBACK_KEYS))}",
            )
    texts = {key: _text(one, f"{field}.{key}") for key, one in value.items() if one is not None}
    kind = texts.get("type", "auto")
    if kind not in _KINDS:
        raise InvalidInput(
            f"{field}.type has no such value", field=f"{field}.type", fix="use auto, sms or lms"
        )
    text, title = composed(texts.get("text", "")), composed(texts.get("title", ""))
    if not text.strip():
        raise InvalidInput(f"{field}.text is missing", field=f"{field}.text", fix="say something")
    found = korean_text(text, title=title, wanted=_KINDS[kind])
    if found.unmappable:
        raise InvalidInput(
            f"{field} holds characters that Korean text messages lack: {' '.join(found.unmappable[:10])}",
            field=f"{field}.text",
            fix="remove them",
        )
    if found.bytes > found.limit or found.title_bytes > TITLE_BYTES:
        raise ContentTooLarge(
            f"{field} is {found.bytes} bytes; a Korean {found.kind} carries at most {found.limit}",
            field=f"{field}.text" if found.bytes > found.limit else f"{field}.title",
            fix="shorten it, or set type to lms",
        )
    if "sender" in texts:
        check_korean_sender(texts["sender"], field=f"{field}.sender")
    return dict(texts)


def _text(value: Json, field: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"{field} must be text", field=field, fix="send a string")
    return value
