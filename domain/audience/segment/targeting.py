"""Whom something is meant for: segments and inline predicates to include and to exclude, on some channels or all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import attrs

from domain.audience.segment.fields import Field, Operator
from domain.audience.segment.parse import parse_predicate
from domain.audience.segment.predicate import And, Condition, Not, Or, Predicate
from domain.audience.segment.to_json import predicate_json
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput, NotFound
from domain.shared.json_values import Json

MAX_PARTS: Final = 20
"""Of `include`, and of `exclude`."""

Part = UUID | Predicate
"""A saved segment by its id, or a predicate written out."""
_MEMBERS: Final = ("include", "exclude", "channels")


@attrs.frozen(slots=True)
class Targeting:
    """In at least one of `include`, in none of `exclude`; `channels` None: on every channel."""

    include: tuple[Part, ...]
    exclude: tuple[Part, ...] = ()
    channels: tuple[Channel, ...] | None = None

    @property
    def segment_ids(self) -> frozenset[UUID]:
        """The saved segments that must be known before this means anything."""
        return frozenset(part for part in (*self.include, *self.exclude) if isinstance(part, UUID))

    def resolve(self, segments: Mapping[UUID, Predicate], *, field: str = "targeting_criteria") -> Predicate:
        """One predicate that says the same, with the saved segments as they are given here.

        Raise NotFound, naming the place, for a segment that is not among them.
        """
        include = _resolved(self.include, segments, f"{field}.include")
        parts: list[Predicate] = [include[0] if len(include) == 1 else Or(include)]
        if self.exclude:
            parts.append(Not(Or(_resolved(self.exclude, segments, f"{field}.exclude"))))
        if self.channels is not None:
            names = tuple(channel.wire for channel in self.channels)
            parts.append(Condition(Field.CHANNEL, Operator.IN, names))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def to_json(self) -> dict[str, Json]:
        """As `parse_targeting` reads it back."""
        written: dict[str, Json] = {"include": [_part_json(part) for part in self.include]}
        if self.exclude:
            written["exclude"] = [_part_json(part) for part in self.exclude]
        if self.channels is not None:
            written["channels"] = [channel.wire for channel in self.channels]
        return written


def parse_targeting(value: Json, *, field: str = "targeting_criteria") -> Targeting:
    """`{"include": [...], "exclude": [...], "channels": [...]}`, the last two optional.

    Raise InvalidInput with the exact place.
    """
    if not isinstance(value, dict):
        raise InvalidInput(
            f"{field} is a JSON object", field=field, fix='send {"include": [...], "exclude": [...]}'
        )
    for name in value:
        if name not in _MEMBERS:
            raise InvalidInput(
                f"{name[:100]!r} does not belong here",
                field=f"{field}.{name[:100]}",
                fix=f"use {', '.join(_MEMBERS)}",
            )
    include = _parts(value.get("include", []), f"{field}.include")
    if not include:
        raise InvalidInput(
            "nobody is included", field=f"{field}.include", fix='for everybody send [{"everyone": true}]'
        )
    exclude = _parts(value.get("exclude", []), f"{field}.exclude")
    channels = None if "channels" not in value else _channels(value["channels"], f"{field}.channels")
    return Targeting(include, exclude, channels)


def _parts(value: Json, place: str) -> tuple[Part, ...]:
    if not isinstance(value, list) or len(value) > MAX_PARTS:
        raise InvalidInput(
            f"{place} is a list of at most {MAX_PARTS}",
            field=place,
            fix="send ids of segments, or predicates",
        )
    return tuple(_part(part, f"{place}[{index}]") for index, part in enumerate(value))


def _part(value: Json, place: str) -> Part:
    if not isinstance(value, str):
        return parse_predicate(value, field=place)
    try:
        if len(value) == 36:
            return UUID(value)
    except ValueError:
        pass
    raise InvalidInput(f"{value!r:.100} is no id of a segment", field=place, fix="send its UUID")


def _channels(value: Json, place: str) -> tuple[Channel, ...]:
    fix = f"name some of {', '.join(channel.wire for channel in Channel)}"
    if not isinstance(value, list) or not value:
        raise InvalidInput("channels is a list of at least one", field=place, fix=f"{fix}, or leave it out")
    found: list[Channel] = []
    for index, name in enumerate(value):
        try:
            found.append(Channel.from_wire(str(name)))
        except ValueError as unknown:
            raise InvalidInput(str(unknown)[:200], field=f"{place}[{index}]", fix=fix) from None
    return tuple(dict.fromkeys(found))


def _resolved(parts: Sequence[Part], segments: Mapping[UUID, Predicate], place: str) -> tuple[Predicate, ...]:
    found: list[Predicate] = []
    for index, part in enumerate(parts):
        if isinstance(part, UUID) and part not in segments:
            raise NotFound(
                f"there is no segment {part} in this application",
                field=f"{place}[{index}]",
                fix="name a segment of GET /v1/segments",
            )
        found.append(segments[part] if isinstance(part, UUID) else part)
    return tuple(found)


def _part_json(part: Part) -> Json:
    return str(part) if isinstance(part, UUID) else predicate_json(part)
