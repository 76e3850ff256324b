"""The predicate of a segment: a tree of conditions under AND, OR and NOT, as values that never change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import attrs

from domain.audience.segment.fields import Field, Operator

Value = str | int | float | bool | datetime | UUID
Operand = Value | tuple[Value, ...] | None
"""None for operators that compare with nothing. Channels, types and other choices stand as their wire names."""


@attrs.frozen(slots=True)
class Condition:
    """One test of one field. Only `parse_predicate` makes them from what a caller sent: it checks what fits what."""

    field: Field
    operator: Operator
    value: Operand = None
    key: str | None = None
    """Which tag or property; None for every other field."""
    of_user: bool = False
    """Of a campaign: any subscription of the same user counts, too."""


@attrs.frozen(slots=True)
class And:
    """All of them hold; at least one."""

    of: tuple[Predicate, ...]


@attrs.frozen(slots=True)
class Or:
    """At least one of them holds."""

    of: tuple[Predicate, ...]


@attrs.frozen(slots=True)
class Not:
    """It does not hold, be it that the value is missing."""

    of: Predicate


@attrs.frozen(slots=True)
class Everyone:
    """Holds for every subscription: an audience of all must be asked for by name."""


Predicate = Condition | And | Or | Not | Everyone


def conditions_of(predicate: Predicate) -> Iterator[Condition]:
    """Every condition of the tree, from left to right."""
    if isinstance(predicate, Condition):
        yield predicate
    elif isinstance(predicate, Not):
        yield from conditions_of(predicate.of)
    elif isinstance(predicate, And | Or):
        for part in predicate.of:
            yield from conditions_of(part)


def campaigns_of(predicate: Predicate) -> frozenset[UUID]:
    """The campaigns whose history the predicate looks at."""
    return frozenset(
        one.value
        for one in conditions_of(predicate)
        if one.field is Field.CAMPAIGN and isinstance(one.value, UUID)
    )
