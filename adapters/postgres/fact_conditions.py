"""Conditions on tags and properties, which are jsonb: typed comparisons that no value can make fail.

An equality is a containment (`@>`), so that an index over the facts finds it. Every condition is true, or false or NULL:
whoever negates it asks for IS NOT TRUE.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from domain.audience.segment.fields import Operator
from domain.audience.segment.moments import MOMENT
from domain.audience.segment.operands import family
from domain.audience.segment.predicate import Condition

Column = sa.ColumnElement[Any]
Test = sa.ColumnElement[bool]

_NAMES = {str: "string", float: "number", bool: "boolean"}
_ORDER: dict[Operator, Callable[[Column, Column], Column]] = {
    Operator.GT: lambda left, right: left > right,
    Operator.GTE: lambda left, right: left >= right,
    Operator.LT: lambda left, right: left < right,
    Operator.LTE: lambda left, right: left <= right,
}
_MOMENTS = (
    Operator.BEFORE,
    Operator.AFTER,
    Operator.IN_LAST_DAYS,
    Operator.OLDER_THAN_DAYS,
    Operator.IN_NEXT_DAYS,
)


def fact_condition(facts: Column, condition: Condition, now: datetime) -> Test:
    """`facts` is a jsonb object, or NULL."""
    operator, wanted = condition.operator, condition.value
    value = facts.op("->")(sa.literal(condition.key, sa.Text))
    text: Column = facts.op("->>", return_type=sa.Text())(sa.literal(condition.key, sa.Text))
    kind = sa.func.jsonb_typeof(value)
    if operator is Operator.EXISTS:
        return kind != "null"
    if operator is Operator.NOT_EXISTS:
        return sa.func.coalesce(kind, "null") == "null"
    if operator in _MOMENTS:
        return _as_moment(kind, text, lambda moment: moment_condition(moment, condition, now))
    if operator is Operator.CONTAINS:
        return _contains(facts, kind, text, condition)
    if operator is Operator.STARTS_WITH:
        return sa.and_(kind == "string", sa.func.starts_with(text, wanted))
    if operator in (Operator.EQ, Operator.IN):
        many = wanted if isinstance(wanted, tuple) else (wanted,)
        return sa.or_(*(_has(facts, condition, one) for one in many))
    first = wanted[0] if isinstance(wanted, tuple) else wanted
    if operator in (Operator.NE, Operator.NOT_IN):
        many = wanted if isinstance(wanted, tuple) else (wanted,)
        others = sa.or_(*(_has(facts, condition, one) for one in many))
        return sa.and_(kind == _NAMES[family(first) or str], sa.not_(others))
    return _in_order(kind, text, condition)


def _has(facts: Column, condition: Condition, value: object) -> Test:
    return facts.op("@>", is_comparison=True)(sa.literal({condition.key: value}, JSONB))


def _contains(facts: Column, kind: Column, text: Column, condition: Condition) -> Test:
    """A list that has the element, or a text that has the piece."""
    element = _has(facts, condition, [condition.value])
    if not isinstance(condition.value, str):
        return element
    piece = sa.func.strpos(text.collate("C"), sa.literal(condition.value, sa.Text)) > 0
    return sa.or_(element, sa.and_(kind == "string", piece))


def _in_order(kind: Column, text: Column, condition: Condition) -> Test:
    """Numbers by value, texts by code point; CASE, because a cast must not see what it cannot read."""
    wanted = condition.value
    ends = wanted if isinstance(wanted, tuple) else (wanted,)
    bounds: list[Column]
    if isinstance(ends[0], str):
        bounds = [sa.literal(end, sa.Text) for end in ends]
        return sa.and_(kind == "string", in_order(text.collate("C"), condition.operator, bounds))
    bounds = [sa.literal(Decimal(str(end)), sa.Numeric) for end in ends]
    holds = in_order(sa.cast(text, sa.Numeric), condition.operator, bounds)
    return sa.case((kind == "number", holds), else_=sa.false())


def in_order(mine: Column, operator: Operator, bounds: list[Column]) -> Test:
    """One comparison with one bound, or both of `between`."""
    if operator is Operator.BETWEEN:
        return sa.and_(mine >= bounds[0], mine <= bounds[1])
    return _ORDER[operator](mine, bounds[0])


def _as_moment(kind: Column, text: Column, compare: Callable[[Column], Test]) -> Test:
    """Only what looks like a moment and is one is cast; a date is its midnight in UTC, whatever the session's zone."""
    zoned = sa.DateTime(timezone=True)
    is_one = sa.and_(
        kind == "string",
        text.op("~", is_comparison=True)(sa.literal(f"^(?:{MOMENT})$", sa.Text)),
        sa.func.pg_input_is_valid(text, "timestamptz"),
    )
    moment = sa.case(
        (sa.func.length(text) == 10, sa.func.timezone("UTC", sa.cast(text, sa.DateTime), type_=zoned)),
        else_=sa.cast(text, zoned),
    )
    return sa.case((is_one, compare(moment)), else_=sa.false())


def moment_condition(moment: Column, condition: Condition, now: datetime, *, past: bool = False) -> Test:
    """`past`: the moment is of something that happened, be it by a clock that is a little ahead of `now`."""
    operator, wanted = condition.operator, condition.value
    if isinstance(wanted, tuple):
        return sa.and_(moment >= at(wanted[0]), moment <= at(wanted[1]))
    if operator is Operator.BEFORE:
        return moment < at(wanted)
    if operator is Operator.AFTER:
        return moment > at(wanted)
    assert isinstance(wanted, int | float)
    days = timedelta(days=wanted)
    if operator is Operator.OLDER_THAN_DAYS:
        return moment < at(now - days)
    if operator is Operator.IN_NEXT_DAYS:
        return sa.and_(moment >= at(now), moment <= at(now + days))
    recent = moment >= at(now - days)
    return recent if past else sa.and_(recent, moment <= at(now))


def at(moment: object) -> Column:
    """The moment as a parameter."""
    return sa.literal(moment, sa.DateTime(timezone=True))
