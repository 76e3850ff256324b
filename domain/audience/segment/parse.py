"""A predicate from the JSON that a caller sent: everything is checked here, and errors name the exact place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

import attrs

from domain.audience.segment.fields import Field, Kind, Operator, kind_of, operators_of
from domain.audience.segment.operands import read_operand
from domain.audience.segment.predicate import And, Condition, Everyone, Not, Or, Predicate
from domain.audience.tags import MAX_KEY_LENGTH
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json, check_line

MAX_DEPTH: Final = 10
"""Groups within groups."""
MAX_NODES: Final = 200
"""Groups and conditions together."""

_GROUPS: Final = ("and", "or", "not", "everyone")
_OF: Final = ("subscription", "user")
Name = TypeVar("Name", Field, Operator)


@attrs.define(slots=True)
class _Budget:
    """How many more nodes a predicate may have."""

    left: int = MAX_NODES


def parse_predicate(value: Json, *, field: str = "predicate") -> Predicate:
    """The tree that the JSON describes; `field` is where it stands in the request.

    A group is `{"and": [...]}`, `{"or": [...]}`, `{"not": {...}}` or `{"everyone": true}`; a condition is
    `{"field", "operator", "value"}`, with `key` for tags and properties. Raise InvalidInput, whose `field` is a path
    like `predicate.and[1].not.operator`, for anything else.
    """
    return _node(value, field, 1, _Budget())


def _node(value: Json, place: str, depth: int, budget: _Budget) -> Predicate:
    if not isinstance(value, dict):
        raise InvalidInput(
            "a predicate is a JSON object",
            field=place,
            fix='send {"field": ..., "operator": ..., "value": ...}',
        )
    budget.left -= 1
    if budget.left < 0:
        raise InvalidInput(
            f"a predicate has at most {MAX_NODES} conditions and groups",
            field=place,
            fix="use lists with in, or several segments",
        )
    if depth > MAX_DEPTH:
        raise InvalidInput(
            f"groups are nested deeper than {MAX_DEPTH} levels", field=place, fix="flatten the groups"
        )
    named = [name for name in _GROUPS if name in value]
    if not named:
        return _condition(value, place)
    _refuse_others(value, (named[0],), place)
    return _group(named[0], value[named[0]], f"{place}.{named[0]}", depth, budget)


def _group(name: str, inner: Json, place: str, depth: int, budget: _Budget) -> Predicate:
    if name == "everyone":
        if inner is not True:
            raise InvalidInput("everyone is true or is left out", field=place, fix="send true")
        return Everyone()
    if name == "not":
        return Not(_node(inner, place, depth + 1, budget))
    if not isinstance(inner, list) or not inner:
        raise InvalidInput(
            f"{name} takes a list with at least one part",
            field=place,
            fix='for everybody send {"everyone": true}',
        )
    parts = tuple(_node(part, f"{place}[{index}]", depth + 1, budget) for index, part in enumerate(inner))
    return And(parts) if name == "and" else Or(parts)


def _condition(value: dict[str, Json], place: str) -> Condition:
    field = _named(value, "field", tuple(Field), place)
    kind = kind_of(field)
    expected = ["field", "operator", "value"]
    if kind is Kind.FACT:
        expected.append("key")
    elif kind is Kind.CAMPAIGN:
        expected.append("of")
    _refuse_others(value, expected, place)
    operator = _named(value, "operator", operators_of(field), place, f" for {field}, a {kind}")
    return Condition(
        field,
        operator,
        read_operand(field, operator, value.get("value"), f"{place}.value"),
        key=_key(value, field, place) if kind is Kind.FACT else None,
        of_user=kind is Kind.CAMPAIGN and _of_user(value.get("of"), f"{place}.of"),
    )


def _named(
    value: dict[str, Json],
    member: str,
    allowed: Iterable[Name],
    place: str,
    whom: str = "",
) -> Name:
    found = value.get(member)
    for one in allowed:
        if found == one.value:
            return one
    what = "is missing" if found is None else f"{found!r:.100} is not known{whom}"
    raise InvalidInput(f"{member} {what}", field=f"{place}.{member}", fix=f"use one of {', '.join(allowed)}")


def _key(value: dict[str, Json], field: Field, place: str) -> str:
    key = value.get("key")
    if not isinstance(key, str):
        raise InvalidInput(
            f"which {field} is not said", field=f"{place}.key", fix=f"name the {field} in key, as a text"
        )
    return check_line(key, field=f"{place}.key", longest=MAX_KEY_LENGTH)


def _of_user(value: Json, place: str) -> bool:
    if value is not None and value not in _OF:
        raise InvalidInput(f"{value!r:.100} has no history", field=place, fix=f"use one of {', '.join(_OF)}")
    return value == "user"


def _refuse_others(value: dict[str, Json], expected: Sequence[str], place: str) -> None:
    for name in value:
        if name not in expected:
            raise InvalidInput(
                f"{name[:100]!r} does not belong here",
                field=f"{place}.{name[:100]}",
                fix=f"remove it; beside each other stand only {', '.join(expected)}",
            )
