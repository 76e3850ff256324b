"""Whether a message may be shown now, as far as one can know: what only the device knows counts as possible.

With everything known the answer is the SDK's own; `sdk-flutter/contract/trigger_vectors.json` binds both. The server
leaves out of an answer what cannot be shown whatever the device knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import attrs

from domain.messaging.in_app.content import Condition, InAppRules
from domain.shared.json_values import Json

DEFAULT_GLOBAL_GAP: Final = 30
"""Seconds between any two messages on one device."""


class DisplayVerdict(StrEnum):
    """`show`, or the first thing that stands in the way."""

    SHOW = "show"
    HOLDOUT = "holdout"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    APP_VERSION = "app_version"
    SDK_VERSION = "sdk_version"
    OS = "os"
    LANG = "lang"
    NOT_SUBSCRIBED = "not_subscribed"
    MAX_TOTAL = "max_total"
    MIN_GAP = "min_gap"
    PER_SESSION = "per_session"
    GLOBAL_GAP = "global_gap"
    QUIET = "quiet"
    TRIGGERS = "triggers"


class Unknown:
    """Only the device knows it."""


UNKNOWN: Final = Unknown()
Facts = Mapping[str, Json] | Unknown


@attrs.frozen(slots=True, kw_only=True)
class DisplayContext:
    """What is known. The defaults are what a server does not know."""

    now: datetime
    app_version: str | None = None
    sdk_version: str | None = None
    os: str | None = None
    lang: str | None = None
    subscription_status: int = 1
    shown_total: int = 0
    """At least this often."""
    last_shown_at: datetime | None = None
    """Not before this."""
    shown_in_session: int = 0
    last_any_shown_at: datetime | Unknown | None = UNKNOWN
    global_gap_s: int = DEFAULT_GLOBAL_GAP
    minute_of_day: int | Unknown = UNKNOWN
    """By the device's own clock and zone."""
    event: Facts = UNKNOWN
    tags: Facts = UNKNOWN
    custom: Facts = UNKNOWN
    attr: Facts = UNKNOWN
    screen: str | Unknown | None = UNKNOWN
    session_seconds: float | Unknown = UNKNOWN


def evaluate(rules: InAppRules, context: DisplayContext) -> DisplayVerdict:
    """The first thing that stands in the way for certain."""
    return (
        _eligibility(rules, context)
        or _frequency(rules, context)
        or (DisplayVerdict.SHOW if _triggers_may_hold(rules, context) else DisplayVerdict.TRIGGERS)
    )


def _eligibility(rules: InAppRules, context: DisplayContext) -> DisplayVerdict | None:
    if rules.holdout:
        return DisplayVerdict.HOLDOUT
    if rules.start is not None and context.now < rules.start:
        return DisplayVerdict.NOT_STARTED
    if rules.end is not None and context.now >= rules.end:
        return DisplayVerdict.ENDED
    if rules.app_version is not None and not rules.app_version.holds(context.app_version):
        return DisplayVerdict.APP_VERSION
    if rules.sdk_version is not None and not rules.sdk_version.holds(context.sdk_version):
        return DisplayVerdict.SDK_VERSION
    if rules.os and context.os not in rules.os:
        return DisplayVerdict.OS
    if rules.lang and _primary(context.lang) not in {_primary(one) for one in rules.lang}:
        return DisplayVerdict.LANG
    if context.subscription_status < 1:
        return DisplayVerdict.NOT_SUBSCRIBED
    return None


def _frequency(rules: InAppRules, context: DisplayContext) -> DisplayVerdict | None:
    if rules.max_total is not None and context.shown_total >= rules.max_total:
        return DisplayVerdict.MAX_TOTAL
    last = context.last_shown_at
    if rules.min_gap_s is not None and last is not None and _since(last, context) < rules.min_gap_s:
        return DisplayVerdict.MIN_GAP
    if rules.per_session is not None and context.shown_in_session >= rules.per_session:
        return DisplayVerdict.PER_SESSION
    any_last = context.last_any_shown_at
    if isinstance(any_last, datetime) and _since(any_last, context) < context.global_gap_s:
        return DisplayVerdict.GLOBAL_GAP
    if rules.quiet is not None and isinstance(context.minute_of_day, int):
        start, end = rules.quiet
        minute = context.minute_of_day
        if start <= minute < end if start <= end else minute >= start or minute < end:
            return DisplayVerdict.QUIET
    return None


def _since(moment: datetime, context: DisplayContext) -> float:
    return (context.now - moment).total_seconds()


def _primary(language: str | None) -> str | None:
    return None if language is None else re.split("[-_]", language)[0].lower()


def _triggers_may_hold(rules: InAppRules, context: DisplayContext) -> bool:
    return not rules.triggers or any(
        all(_may_hold(condition, context) for condition in group) for group in rules.triggers
    )


def _may_hold(condition: Condition, context: DisplayContext) -> bool:
    """False only when it certainly does not."""
    if condition.kind in ("event", "tag", "custom", "attr"):
        bag: Facts = getattr(context, {"tag": "tags"}.get(condition.kind, condition.kind))
        if isinstance(bag, Unknown):
            return True
        return _compare(condition, condition.key in bag, bag.get(condition.key))
    value: Json | Unknown
    if condition.kind == "screen":
        value = context.screen
    elif condition.kind == "session_seconds":
        value = context.session_seconds
    else:
        last = context.last_any_shown_at
        value = _since(last, context) if isinstance(last, datetime) else last
    return isinstance(value, Unknown) or _compare(condition, value is not None, value)


def _compare(condition: Condition, present: bool, actual: Json) -> bool:
    op, wanted = condition.op, condition.value
    if not present:
        return op in ("nexists", "nin")
    if op in ("exists", "nexists"):
        return op == "exists"
    if op in ("eq", "ne"):
        return _same(actual, wanted) == (op == "eq")
    if op in ("in", "nin"):
        return _among(actual, wanted) == (op == "in")
    if op == "contains":
        if isinstance(actual, str):
            return isinstance(wanted, str) and wanted in actual
        return _among(wanted, actual)
    return _ordered(actual, wanted, op)


def _same(left: Json, right: Json) -> bool:
    """Numbers as doubles, everything else of one type by value; true is no number here."""
    if _is_number(left) and _is_number(right):
        return float(left) == float(right)  # type: ignore[arg-type]
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if isinstance(left, bool) and isinstance(right, bool):
        return left == right
    return left is None and right is None


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _among(one: Json, every: Json) -> bool:
    return isinstance(every, list) and any(_same(one, other) for other in every)


def _ordered(left: Json, right: Json, op: str) -> bool:
    if not (_is_number(left) and _is_number(right)):
        return False
    first, second = float(left), float(right)  # type: ignore[arg-type]
    if op in ("gt", "gte"):
        return first > second or (op == "gte" and first == second)
    return first < second or (op == "lte" and first == second)


@attrs.frozen(slots=True)
class Candidate:
    """A message that may be shown, and what decides among several."""

    id: UUID
    rules: InAppRules


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The one to show first: highest priority, then earliest start, then smallest id."""

    def rank(one: Candidate) -> tuple[int, bool, float, UUID]:
        start = one.rules.start
        return -one.rules.priority, start is not None, 0.0 if start is None else start.timestamp(), one.id

    return sorted(candidates, key=rank)
