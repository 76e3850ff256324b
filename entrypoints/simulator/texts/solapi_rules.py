"""What Solapi objects to in a message, by status code, and which kind of message it takes it for."""

from __future__ import annotations

from typing import Final

from entrypoints.simulator.texts.call import JsonObject
from entrypoints.simulator.texts.store import TakenText
from entrypoints.simulator.texts.templates import Templates
from entrypoints.simulator.texts.text_rules import korean_size, sayable

_LIMITS: Final = {"SMS": 90, "LMS": 2_000, "MMS": 2_000}


def objection(
    message: JsonObject, text: TakenText, numbers: set[str], duplicates: bool, templates: Templates
) -> str | None:
    """The first code that speaks against it; `numbers` are those that the group has already."""
    digits = str(text.extra["to"])
    if not digits.isdigit() or not 8 <= len(digits) <= 15:
        return "1010" if not digits else "1011"
    if not duplicates and text.to in numbers:
        return "1026"
    custom = text.extra["customFields"]
    assert isinstance(custom, dict)
    if any(len(str(name)) > 30 or len(str(value)) > 100 for name, value in custom.items()):
        return "1032"
    if text.kind == "ATA":
        return templates.solapi_objection(text.extra.get("kakaoOptions"))
    limit = _LIMITS.get(text.kind)
    if limit is None:
        return "1025"
    if not text.text or not text.sender:
        return "1010"
    if message.get("subject") and text.kind == "SMS":
        return "1013"
    if text.to.startswith("+82"):
        if korean_size(str(message.get("subject") or "")) > 40:
            return "1014"
        if not sayable(text.text):
            return "1029"
        if korean_size(text.text) > limit:
            return "1031"
    return None


def kind_of(message: JsonObject) -> str:
    """As it was given, or by what is in it."""
    kind = message.get("type")
    if isinstance(kind, str) and kind:
        return kind.upper()
    if message.get("kakaoOptions"):
        return "ATA"
    long = message.get("subject") or korean_size(str(message.get("text") or "")) > _LIMITS["SMS"]
    return "LMS" if long else "SMS"
