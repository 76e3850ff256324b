"""What figures can be told apart by, and how its values are written."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import InvalidInput

MOST_GROUPINGS: Final = 3
LONGEST_VERSION: Final = 32
"""Characters of an app version that are told apart; devices name it, and could name anything."""

Value = str | int | UUID
"""As storage holds it; of none: an empty text, or the UUID of zeros."""
NOTHING: Final = UUID(int=0)
"""In place of a campaign or a template where there is none."""


class Dimension(StrEnum):
    """One property of a message or of what happened to it; the value is its wire name."""

    CHANNEL = "channel"
    TYPE = "type"
    PROVIDER = "provider"
    CAMPAIGN = "campaign_id"
    TEMPLATE = "template_id"
    COUNTRY = "country"
    APP_VERSION = "app_version"
    REASON = "reason"

    @property
    def is_id(self) -> bool:
        return self in (Dimension.CAMPAIGN, Dimension.TEMPLATE)


def parse_groupings(text: str | None) -> tuple[Dimension, ...]:
    """Dimensions of a comma-separated list. Raise InvalidInput naming `group_by`."""
    names = [] if not text else [name.strip() for name in text.split(",")]
    found: list[Dimension] = []
    for name in names:
        try:
            dimension = Dimension(name)
        except ValueError:
            raise InvalidInput(
                f"{name[:100]!r} is nothing that figures are kept by",
                field="group_by",
                fix=f"use some of {', '.join(Dimension)}",
            ) from None
        if dimension in found:
            raise InvalidInput(f"{name} is named twice", field="group_by", fix="name it once")
        found.append(dimension)
    if len(found) > MOST_GROUPINGS:
        raise InvalidInput(
            f"{len(found)} groupings at once", field="group_by", fix=f"use at most {MOST_GROUPINGS}"
        )
    return tuple(found)


def parse_filters(given: Mapping[str, str | None]) -> dict[Dimension, Value]:
    """Texts by a dimension's wire name, as storage compares them. Raise InvalidInput naming the dimension.

    `none` asks for what has no campaign, template, provider, country, app version or reason.
    """
    found: dict[Dimension, Value] = {}
    for name, text in given.items():
        if text is None:
            continue
        dimension = Dimension(name)
        found[dimension] = _stored(dimension, text)
    return found


def _stored(dimension: Dimension, text: str) -> Value:
    if dimension in (Dimension.CHANNEL, Dimension.TYPE):
        return _code(dimension, text)
    if text == "none":
        return NOTHING if dimension.is_id else ""
    if not dimension.is_id:
        return text
    try:
        if len(text) == 36:
            return UUID(text)
    except ValueError:
        pass
    raise InvalidInput(f"{dimension} is not a UUID", field=dimension, fix="send an id, or `none`")


def _code(dimension: Dimension, text: str) -> int:
    kind: type[Channel] | type[SubscriptionType] = (
        Channel if dimension is Dimension.CHANNEL else SubscriptionType
    )
    codes = {one.wire: int(one) for one in kind}
    if text not in codes:
        raise InvalidInput(
            f"{text[:100]!r} is no {dimension}", field=dimension, fix=f"use one of {', '.join(codes)}"
        )
    return codes[text]


def told(dimension: Dimension, value: Value) -> str | None:
    """The wire's name of a stored value; None where there is none."""
    if dimension is Dimension.CHANNEL:
        return _named(Channel, value)
    if dimension is Dimension.TYPE:
        return _named(SubscriptionType, value)
    return None if value in (NOTHING, "") else str(value)


def _named(kind: type[Channel] | type[SubscriptionType], code: Value) -> str:
    """A code of a plug-in that is no longer installed keeps its number."""
    try:
        return kind(code).wire  # type: ignore[arg-type]
    except ValueError:
        return str(code)


def types_of(channel: int) -> list[int]:
    """The stored codes of a channel's subscription types."""
    return sorted(int(type_) for type_ in SubscriptionType if int(type_.channel) == channel)
