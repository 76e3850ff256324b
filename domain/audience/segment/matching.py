"""Whether a predicate holds for one subscription: the meaning that the database's statement is proved equal to.

A comparison with a value that is missing, or of another type than what it is compared with, is false; so is its opposite
(`ne`, `not_in`). Only `not` turns that around: NOT of a comparison that is false is true.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from operator import ge, gt, le, lt

import attrs

from domain.audience.segment.facts import SubscriptionFacts
from domain.audience.segment.fields import LISTS, PRESENCE, SPANS, Kind, Operator, kind_of
from domain.audience.segment.found_values import Found, found_value
from domain.audience.segment.language import speaks
from domain.audience.segment.moments import read_moment
from domain.audience.segment.operands import family
from domain.audience.segment.predicate import And, Condition, Everyone, Not, Or, Predicate
from domain.audience.segment.version import version_key

_ORDER = {Operator.GT: gt, Operator.GTE: ge, Operator.LT: lt, Operator.LTE: le}


def matches(predicate: Predicate, facts: SubscriptionFacts, now: datetime) -> bool:
    if isinstance(predicate, Condition):
        return condition_holds(predicate, facts, now)
    if isinstance(predicate, Not):
        return not matches(predicate.of, facts, now)
    if isinstance(predicate, And):
        return all(matches(part, facts, now) for part in predicate.of)
    if isinstance(predicate, Or):
        return any(matches(part, facts, now) for part in predicate.of)
    return True


@attrs.frozen(slots=True)
class Explanation:
    """Why a predicate holds, or does not: every part of it with its own verdict."""

    predicate: Predicate
    holds: bool
    found: Found = None
    """What a condition was compared with."""
    parts: tuple[Explanation, ...] = ()


def explain(predicate: Predicate, facts: SubscriptionFacts, now: datetime) -> Explanation:
    """As `matches`, part by part."""
    if isinstance(predicate, Condition):
        holds = condition_holds(predicate, facts, now)
        return Explanation(predicate, holds, found_value(predicate, facts))
    if isinstance(predicate, Everyone):
        return Explanation(predicate, True)
    of = (predicate.of,) if isinstance(predicate, Not) else predicate.of
    parts = tuple(explain(part, facts, now) for part in of)
    return Explanation(predicate, matches(predicate, facts, now), parts=parts)


def condition_holds(condition: Condition, facts: SubscriptionFacts, now: datetime) -> bool:
    found = found_value(condition, facts)
    operator, kind = condition.operator, kind_of(condition.field)
    if kind is Kind.CAMPAIGN:
        return isinstance(found, frozenset) and operator in found
    if operator in PRESENCE:
        return (found is not None) == (operator is Operator.EXISTS)
    if found is None:
        return False
    if kind is Kind.TIME:
        return isinstance(found, datetime) and _in_time(found, condition, now)
    if kind is Kind.VERSION:
        return isinstance(found, str) and _in_order(version_key(found), _versions(condition), operator)
    if kind is Kind.LANGUAGE:
        return isinstance(found, str) and _of_language(found, condition)
    if kind is Kind.FACT and operator in (Operator.BEFORE, Operator.AFTER, *SPANS):
        moment = read_moment(found) if isinstance(found, str) else None
        return moment is not None and _in_time(moment, condition, now)
    return _compares(found, condition)


def _compares(found: Found, condition: Condition) -> bool:
    operator, wanted = condition.operator, condition.value
    if operator in (Operator.HAS, Operator.CONTAINS) and isinstance(found, list):
        return any(_same(item, wanted) for item in found)
    if operator is Operator.HAS:
        return False
    if operator is Operator.CONTAINS:
        return isinstance(found, str) and isinstance(wanted, str) and wanted in found
    if operator is Operator.STARTS_WITH:
        return isinstance(found, str) and isinstance(wanted, str) and found.startswith(wanted)
    if operator in LISTS:
        assert isinstance(wanted, tuple)
        alike = family(found) is family(wanted[0])
        return alike and any(_same(found, one) for one in wanted) == (operator is Operator.IN)
    return _in_order(found, wanted, operator)


def _in_order(found: object, wanted: object, operator: Operator) -> bool:
    if isinstance(wanted, tuple):  # between
        return _in_order(found, wanted[0], Operator.GTE) and _in_order(found, wanted[1], Operator.LTE)
    if family(found) is not family(wanted):
        return False
    if isinstance(found, str) and isinstance(wanted, str) and operator in _ORDER:
        return bool(_ORDER[operator](found, wanted))
    if operator in _ORDER:
        return bool(_ORDER[operator](_decimal(found), _decimal(wanted)))
    return _same(found, wanted) == (operator is Operator.EQ)


def _same(found: object, wanted: object) -> bool:
    if family(found) is float and family(wanted) is float:
        return _decimal(found) == _decimal(wanted)
    return family(found) is family(wanted) and found == wanted


def _decimal(number: object) -> Decimal:
    """As jsonb keeps numbers: the digits that were written, not the nearest binary fraction."""
    return Decimal(str(number))


def _versions(condition: Condition) -> object:
    wanted = condition.value
    if isinstance(wanted, tuple):
        return tuple(version_key(str(one)) for one in wanted)
    return version_key(str(wanted))


def _of_language(found: str, condition: Condition) -> bool:
    wanted = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    spoken = any(speaks(found, str(one)) for one in wanted)
    return spoken == (condition.operator in (Operator.EQ, Operator.IN))


def _in_time(moment: datetime, condition: Condition, now: datetime) -> bool:
    operator, wanted = condition.operator, condition.value
    if isinstance(wanted, tuple):  # between
        low, high = wanted
        assert isinstance(low, datetime) and isinstance(high, datetime)  # noqa: PT018
        return low <= moment <= high
    if isinstance(wanted, datetime):
        return moment < wanted if operator is Operator.BEFORE else moment > wanted
    assert isinstance(wanted, int | float)
    days = timedelta(days=wanted)
    if operator is Operator.OLDER_THAN_DAYS:
        return moment < now - days
    if operator is Operator.IN_NEXT_DAYS:
        return now <= moment <= now + days
    # What happened to a subscription lies in the past, be it by a clock that is a little ahead; a date may not.
    return now - days <= moment and (kind_of(condition.field) is Kind.TIME or moment <= now)
