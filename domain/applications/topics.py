"""What an application's messages are about, so that recipients can choose: a short list, named in Korean and English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import attrs

from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json

MOST_TOPICS: Final = 20
LONGEST_NAME: Final = 60
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_NAMES: Final = ("ko", "en")
_FIX: Final = 'send a list such as [{"key": "events", "ko": "이벤트", "en": "Events"}]'


@attrs.frozen(slots=True)
class Topic:
    """`key` is what messages and stored choices name; the others are what recipients read."""

    key: str
    ko: str
    en: str

    def to_json(self) -> dict[str, Json]:
        return {"key": self.key, "ko": self.ko, "en": self.en}


def check_topics(field: str, value: Json) -> None:
    """Raise InvalidInput naming the item and its member."""
    if not isinstance(value, list):
        raise InvalidInput(f"{field} is not a list", field=field, fix=_FIX)
    if len(value) > MOST_TOPICS:
        raise InvalidInput(f"{field} has more than {MOST_TOPICS} topics", field=field, fix="leave some out")
    seen: set[str] = set()
    for number, item in enumerate(value):
        place = f"{field}[{number}]"
        if not isinstance(item, Mapping) or set(item) - {"key", *_NAMES}:
            raise InvalidInput(f"{place} is no topic", field=place, fix=_FIX)
        key = item.get("key")
        if not isinstance(key, str) or not _KEY.fullmatch(key) or key in seen:
            raise InvalidInput(
                f"{place}.key is not usable or used twice",
                field=f"{place}.key",
                fix="use up to 32 small letters, digits and underscores, a letter first",
            )
        seen.add(key)
        for name in _NAMES:
            text = item.get(name)
            usable = isinstance(text, str) and text.strip() and text.isprintable()
            if not usable or len(str(text)) > LONGEST_NAME:
                raise InvalidInput(
                    f"{place}.{name} is not usable",
                    field=f"{place}.{name}",
                    fix=f"name it in 1 to {LONGEST_NAME} printable characters",
                )


def topics_from(value: Json) -> tuple[Topic, ...]:
    """From JSON that was checked before."""
    items = value if isinstance(value, list) else []
    return tuple(
        Topic(str(item["key"]), str(item["ko"]), str(item["en"]))
        for item in items
        if isinstance(item, Mapping) and {"key", *_NAMES} <= set(item)
    )
