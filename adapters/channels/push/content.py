"""What a push says, as a strict model: unknown keys, wrong types and values no provider takes are refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import urlsplit

import attrs

from domain.messaging.content import Body, Json
from domain.shared.errors import InvalidInput

TEXT_KEYS = ("title", "body", "subtitle", "image", "link", "sound", "thread_id", "category", "channel_id")
PRIORITIES = ("high", "normal")
INTERRUPTION_LEVELS = ("passive", "active", "time-sensitive", "critical")
MAX_COLLAPSE_ID_BYTES = 64
MAX_BADGE = 2**31 - 1
KEYS = frozenset(
    {
        *TEXT_KEYS,
        "data",
        "badge",
        "priority",
        "interruption_level",
        "collapse_id",
        "mutable_content",
        "content_available",
    }
)


@attrs.frozen(slots=True)
class PushContent:
    """Content that passed the checks; an absent key is None."""

    title: str | None = None
    body: str | None = None
    subtitle: str | None = None
    image: str | None = None
    link: str | None = None
    data: Mapping[str, Json] = attrs.field(factory=dict)
    badge: int | None = None
    sound: str | None = None
    thread_id: str | None = None
    category: str | None = None
    channel_id: str | None = None
    priority: str = "high"
    interruption_level: str | None = None
    collapse_id: str | None = None
    mutable_content: bool = True
    content_available: bool = False

    @property
    def has_text(self) -> bool:
        """Whether there is something to read; if not, the push only carries data."""
        return bool(self.title or self.body or self.subtitle)


def read_push_content(content: Body, *, field: str) -> PushContent:
    """Raise InvalidInput naming the offending key (`field.badge`) for anything the model does not allow.

    A key whose value is null counts as absent.
    """
    for key in content:
        if key not in KEYS:
            _refuse(field, str(key), "is not known", f"use only {', '.join(sorted(KEYS))}")
    texts = {key: _text(content, key, field) for key in TEXT_KEYS}
    if texts["image"] is not None:
        _check_image(texts["image"], field)
    return PushContent(
        **texts,
        data=_data(content, field),
        badge=_badge(content, field),
        priority=_choice(content, "priority", PRIORITIES, field) or "high",
        interruption_level=_choice(content, "interruption_level", INTERRUPTION_LEVELS, field),
        collapse_id=_collapse_id(content, field),
        mutable_content=_flag(content, "mutable_content", field, default=True),
        content_available=_flag(content, "content_available", field, default=False),
    )


def _refuse(field: str, key: str, problem: str, fix: str) -> NoReturn:
    raise InvalidInput(f"{field}.{key} {problem}", field=f"{field}.{key}", fix=fix)


def _text(content: Body, key: str, field: str) -> str | None:
    value = content.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        _refuse(field, key, "must be text", "send a string")
    return value or None


def _check_image(value: str, field: str) -> None:
    try:
        parts = urlsplit(value)
        sound = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or any(character.isspace() for character in value):
        _refuse(field, "image", "must be an https URL", "send an address that starts with https://")


def _data(content: Body, field: str) -> Mapping[str, Json]:
    value = content.get("data")
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        _refuse(field, "data", "must be an object", "send a JSON object")
    return value


def _badge(content: Body, field: str) -> int | None:
    value = content.get("badge")
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_BADGE:
        _refuse(field, "badge", "must be a whole number from 0", "send 0 to clear the badge")
    return value


def _choice(content: Body, key: str, allowed: tuple[str, ...], field: str) -> str | None:
    value = content.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or value not in allowed:
        _refuse(field, key, "has no such value", f"use one of {', '.join(allowed)}")
    return value


def _flag(content: Body, key: str, field: str, *, default: bool) -> bool:
    value = content.get(key)
    if value is None:
        return default
    if not isinstance(value, bool):
        _refuse(field, key, "must be true or false", "send a JSON boolean")
    return value


def _collapse_id(content: Body, field: str) -> str | None:
    value = _text(content, "collapse_id", field)
    if value is None:
        return None
    # It travels as an HTTP header (apns-collapse-id, at most 64 bytes), which carries visible ASCII only.
    if len(value) > MAX_COLLAPSE_ID_BYTES or not all("!" <= character <= "~" for character in value):
        _refuse(field, "collapse_id", "must be 1 to 64 visible ASCII characters", "shorten or rename it")
    return value
