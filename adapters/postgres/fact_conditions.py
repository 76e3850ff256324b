"""Conditions on tags and properties, which are jsonb: typed comparisons that no value can make fail.

An equality is a containment (`@>`), so that an index over the facts finds it. Every condition is true, or false or NULL:
whoever negates it takes NULL for false first.
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

_SPARE = timedelta(days=2)
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
        return _in_time(kind, text, condition, now)
    if operator is Operator.HAS:
        return _has(facts, condition, [wanted])
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
    return _in_order(kind, value, text, condition)


def _has(facts: Column, condition: Condition, value: object) -> Test:
    return facts.op("@>", is_comparison=True)(sa.literal({condition.key: value}, JSONB))


def _contains(facts: Column, kind: Column, text: Column, condition: Condition) -> Test:
    """A list that has the element, or a text that has the piece."""
    element = _has(facts, condition, [condition.value])
    if not isinstance(condition.value, str):
        return element
    piece = sa.func.strpos(text.collate("C"), sa.literal(condition.value, sa.Text)) > 0
    return sa.or_(element, sa.and_(kind == "string", piece))


def _in_order(kind: Column, value: Column, text: Column, condition: Condition) -> Test:
    """Numbers by value, texts by code point; CASE, because a cast must not see what it cannot read."""
    wanted = condition.value
    ends = wanted if isinstance(wanted, tuple) else (wanted,)
    bounds: list[Column]
    if isinstance(ends[0], str):
        bounds = [sa.literal(end, sa.Text) for end in ends]
        return sa.and_(kind == "string", in_order(text.collate("C"), condition.operator, bounds))
    bounds = [sa.literal(Decimal(str(end)), sa.Numeric) for end in ends]
    holds = in_order(sa.cast(value, sa.Numeric), condition.operator, bounds)
    return sa.case((kind == "number", holds), else_=sa.false())


def in_order(mine: Column, operator: Operator, bounds: list[Column]) -> Test:
    """One comparison with one bound, or both of `between`."""
    if operator is Operator.BETWEEN:
        return sa.and_(mine >= bounds[0], mine <= bounds[1])
    return _ORDER[operator](mine, bounds[0])


def _in_time(kind: Column, text: Column, condition: Condition, now: datetime) -> Test:
    """Only what is a moment is cast; a date is its midnight in UTC, whatever the session's zone.

    A regular expression costs more than all the rest. So texts that are too early or too late as texts are dropped
    first, by their day and a day to spare; and a plain date is known by being what it is written as again.
    """
    zoned = sa.DateTime(timezone=True)
    first, last = _days(condition, now)
    date = sa.cast(text, sa.Date)
    midnight = sa.func.timezone("UTC", sa.cast(date, sa.DateTime), type_=zoned)
    is_date = sa.and_(sa.func.length(text) == 10, sa.func.pg_input_is_valid(text, "date"))
    is_moment = sa.and_(
        text.op("~", is_comparison=True)(sa.literal(f"^(?:{MOMENT})$", sa.Text)),
        sa.func.pg_input_is_valid(text, "timestamptz"),
    )
    holds = sa.case(
        (
            is_date,
            sa.and_(sa.func.to_char(date, "YYYY-MM-DD") == text, moment_condition(midnight, condition, now)),
        ),
        (is_moment, moment_condition(sa.cast(text, zoned), condition, now)),
        else_=sa.false(),
    )
    candidate = sa.and_(kind == "string", text.collate("C") >= first, text.collate("C") < last)
    return sa.case((candidate, holds), else_=sa.false())


def _days(condition: Condition, now: datetime) -> tuple[str, str]:
    """Beginnings of texts between which every moment lies that the condition could hold for."""
    wanted = condition.value
    low: datetime | None = None
    high: datetime | None = None
    if isinstance(wanted, datetime):
        low, high = (None, wanted) if condition.operator is Operator.BEFORE else (wanted, None)
    elif isinstance(wanted, int | float):
        span = timedelta(days=wanted)
        low, high = {
            Operator.IN_LAST_DAYS: (now - span, now),
            Operator.OLDER_THAN_DAYS: (None, now - span),
            Operator.IN_NEXT_DAYS: (now, now + span),
        }[condition.operator]
    first = "" if low is None else (low - _SPARE).date().isoformat()
    return first, ":" if high is None else (high + _SPARE).date().isoformat()


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
