"""Random predicates and random audiences: values that often meet one another, and every oddity that may be stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import attrs
from hypothesis import strategies as st

from domain.audience.device import Permission
from domain.audience.segment.fields import KINDS, PRESENCE, SPANS, Field, Kind, Operator, operators_of
from domain.audience.segment.operands import CHOICES
from domain.audience.status_catalogue import CATALOGUE
from domain.shared.channels import SubscriptionType

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
IDS = [UUID(int=n) for n in range(1, 8)]
"""Of subscriptions in a population, in their order."""
CAMPAIGNS = [UUID(int=n) for n in range(901, 904)]
KEYS = ["grade", "등급", "a.b", "$.a", "'; DROP", "%s", " "]

TEXTS = [
    "",
    "VIP",
    "vip",
    "VIP2",
    "10",
    "9",
    "é",
    "e\u0301",
    "İ",
    "ı",
    "골드",
    "😀",
    "\U0010ffff",
    "\uffff",
    "a%",
    "a_",
    "\\",
]
TEXTS += [
    "2026-03-01",
    "2026-02-30",
    "2026-03-01T12:30:15.123456Z",
    "2026-03-01T12:30:15",
    "0000-01-01",
    "9999-12-31",
]
TEXTS += [
    "0001-01-01T00:00:00+14:00",
    "2026-03-01T24:00:00Z",
    "2026-02-22T21:30:15+09:00",
    "now",
    "infinity",
    "true",
]
TEXTS += ["01-02-2003", "01/02/2003", "2003.01.02", "Mar 1 2026", "2026-03-1 ", "2026-061", "20260301"]
VERSIONS = [
    "1.9",
    "1.9.0",
    "v1.10.0",
    "1.10",
    "1.010",
    "2.0.0-beta",
    "2.0.0-beta.2",
    "2.0.0-beta.11",
    "2.0.0-1",
    "2.0.0",
]
VERSIONS += [
    "2.0.0-alpha",
    "2.0.0-alpha1",
    "2.0.0-alpha.1",
    "2",
    "0",
    "0.0.1",
    "0-0",
    "2.0.0+build",
    "2.0.0.1",
    "99999999999999",
]
ODD_VERSIONS = [
    *VERSIONS,
    "",
    "beta",
    "1.",
    ".1",
    "1..2",
    "1.2-",
    "1.2-é",
    "１.２",
    "1.2 ",
    "1.2\n",
    f"{'9' * 128}",
    f"{'9' * 129}",
]
LANGUAGES = ["ko", "KO", "ko-KR", "ko_KR", "kok", "zh-Hant-TW", "zh", "en", "en-US"]
ODD_LANGUAGES = [*LANGUAGES, "", "ko-", "-", "KİO", "ko KR", "한국어"]
NUMBERS: list[int | float] = [
    0,
    1,
    -1,
    2,
    10,
    9,
    2**53,
    -(2**53),
    0.1,
    1.0,
    -0.0,
    0.30000000000000004,
    1e300,
    1e-300,
    1.5,
]

plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6)
texts = st.sampled_from(TEXTS[:4]) | st.sampled_from(TEXTS) | plain
numbers = (
    st.sampled_from(NUMBERS[:4])
    | st.sampled_from(NUMBERS)
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
)
counts = st.integers(0, 3)
offsets = st.sampled_from([0, 1, 7, 30, 29.999999, 365.25]) | st.floats(-800, 800, allow_nan=False)
moments = offsets.map(lambda days: NOW - timedelta(days=days)) | st.just(NOW)
moment_texts = moments.map(datetime.isoformat) | st.sampled_from(
    ["2026-03-01", "2026-03-01T21:30:15.123456+09:00"]
)
days = st.sampled_from([1, 7, 30, 0.5, 365.25, 36_500]) | st.floats(0.001, 800)
scalars = texts | numbers | st.booleans()
stored_scalars = st.one_of(scalars, texts, moment_texts, moment_texts, st.none(), st.sampled_from(VERSIONS))
stored = stored_scalars | stored_scalars | st.lists(stored_scalars, max_size=3)


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, values, values, st.none())


facts = st.dictionaries(st.sampled_from(KEYS[:2] * 3 + KEYS), stored, min_size=1, max_size=4) | st.just({})
subscriptions = st.fixed_dictionaries(
    {
        "type": st.sampled_from([int(one) for one in SubscriptionType]),
        "tags": facts,
        "device_language": _maybe(st.sampled_from(ODD_LANGUAGES)),
        "country_code": _maybe(st.sampled_from(["KR", "US", "kr"])),
        "app_version": _maybe(st.sampled_from(ODD_VERSIONS)),
        "sdk_version": _maybe(st.sampled_from(VERSIONS)),
        "device_model": _maybe(texts),
        "device_os": _maybe(texts),
        "test_type": st.integers(0, 2),
        "permission": _maybe(st.sampled_from([one.value for one in Permission])),
        "subscription_status": st.sampled_from([*CATALOGUE, 2]),
        "subscribed_at": _maybe(moments),
        "unsubscribed_at": _maybe(moments),
        "created_at": moments,
        "updated_at": moments,
        "last_active_at": _maybe(moments),
        "last_received_at": _maybe(moments),
        "last_converted_at": _maybe(moments),
        "total_messages_received": counts,
        "total_messages_converted": counts,
        "user": _maybe(st.integers(0, 5)),
        "reached": st.dictionaries(st.sampled_from(CAMPAIGNS), st.integers(0, 4), max_size=2),
    }
)
"""Rows of `subscription`; `user` is the place of one of the users, `reached` how far a campaign's message came."""
users = st.fixed_dictionaries(
    {
        "external_id": texts,
        "properties": facts,
        "created_at": moments,
        "last_active_at": _maybe(moments),
        "is_archived": st.sampled_from([False, False, False, True]),
    }
)


@attrs.frozen
class Near:
    """Operands that meet what is stored: values of the audience itself, beside any other."""

    texts: st.SearchStrategy[str]
    numbers: st.SearchStrategy[int | float]
    small: st.SearchStrategy[int]
    moments: st.SearchStrategy[datetime]

    @classmethod
    def to(cls, rows: Sequence[dict[str, Any]]) -> Near:
        values = [value for row in rows for value in row.values()]
        bags = [value for value in values if isinstance(value, dict)]
        inner = [value for bag in bags for value in bag.values()]
        flat = [one for value in (*values, *inner) for one in (value if isinstance(value, list) else [value])]
        found = [one for one in flat if isinstance(one, str)]
        pieces = [one[:2] for one in found]
        amounts = [one for one in flat if isinstance(one, int | float) and not isinstance(one, bool)]
        times = [one for one in flat if isinstance(one, datetime)]
        return cls(
            _either(texts, [*found, *pieces]),
            _either(numbers, [one for one in amounts if not isinstance(one, int) or abs(one) <= 2**53]),
            _either(st.integers(-80, 5) | st.integers(-(2**31) + 1, 2**31 - 1), _small(amounts)),
            _either(moments, times),
        )


def _small(amounts: Sequence[Any]) -> list[int]:
    return [one for one in amounts if isinstance(one, int) and abs(one) < 2**31]


def _either(anything: st.SearchStrategy[Any], known: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.sampled_from(known), st.sampled_from(known), anything) if known else anything


def _ordered(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, min_size=2, max_size=2).map(sorted)


def _operand(field: Field, operator: Operator, near: Near) -> st.SearchStrategy[Any]:
    """Values that a condition may be written with."""
    kind = KINDS[field]
    if operator in SPANS:
        return days
    if kind is Kind.FACT:
        return _fact_operand(operator, near)
    one = {
        Kind.TEXT: near.texts,
        Kind.LANGUAGE: st.sampled_from(LANGUAGES),
        Kind.COUNTRY: st.sampled_from(["KR", "US", "DE"]),
        Kind.CHOICE: st.sampled_from(CHOICES.get(field, ("",))),
        Kind.VERSION: st.sampled_from(VERSIONS),
        Kind.NUMBER: near.small,
        Kind.SWITCH: st.booleans(),
        Kind.TIME: near.moments.map(datetime.isoformat) | moment_texts,
        Kind.IDENTITY: st.sampled_from(IDS).map(str),
        Kind.CAMPAIGN: st.sampled_from(CAMPAIGNS).map(str),
    }[kind]
    if operator in (Operator.IN, Operator.NOT_IN):
        return st.lists(one, min_size=1, max_size=3)
    if operator is Operator.BETWEEN and kind is Kind.TIME:
        return _ordered(near.moments).map(lambda two: [moment.isoformat() for moment in two])
    if operator is Operator.BETWEEN and kind is Kind.VERSION:
        return st.sampled_from([["1.9", "1.10"], ["1", "2"], ["2.0.0-alpha", "2.0.0"], ["0", "0"]])
    if operator is Operator.BETWEEN:
        return _ordered(one)
    return one.filter(bool) if operator in (Operator.CONTAINS, Operator.STARTS_WITH) else one


def _fact_operand(operator: Operator, near: Near) -> st.SearchStrategy[Any]:
    either = near.texts | near.numbers
    if operator in (Operator.BEFORE, Operator.AFTER):
        return moment_texts
    if operator is Operator.CONTAINS:
        return (either | st.booleans()).filter(lambda value: value != "")
    if operator is Operator.STARTS_WITH:
        return near.texts.filter(bool)
    if operator in (Operator.IN, Operator.NOT_IN):
        families = (near.texts, near.numbers, st.booleans())
        return st.one_of(*(st.lists(one, min_size=1, max_size=3) for one in families))
    if operator is Operator.BETWEEN:
        return _ordered(near.texts) | _ordered(near.numbers)
    ordered = operator in (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
    return either if ordered else either | st.booleans()


@st.composite
def conditions(draw: st.DrawFn, near: Near) -> dict[str, Any]:
    """One valid condition as JSON."""
    field = draw(st.sampled_from([*Field, *[Field.TAG] * 4, *[Field.PROPERTY] * 4]))
    operator = draw(st.sampled_from(operators_of(field)))
    written: dict[str, Any] = {"field": field.value, "operator": operator.value}
    if KINDS[field] is Kind.FACT:
        written["key"] = draw(st.sampled_from(KEYS[:2] * 4 + KEYS))
    if KINDS[field] is Kind.CAMPAIGN and draw(st.booleans()):
        written["of"] = draw(st.sampled_from(["user", "subscription"]))
    if operator not in PRESENCE:
        written["value"] = draw(_operand(field, operator, near))
    return written


def _groups(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        several.map(lambda parts: {"and": parts}),
        several.map(lambda parts: {"or": parts}),
        inner.map(lambda part: {"not": part}),
    )


def predicates(near: Near) -> st.SearchStrategy[dict[str, Any]]:
    """Trees as JSON, valid all of them."""
    leaves = st.one_of(conditions(near), conditions(near), st.just({"everyone": True}))
    return st.recursive(leaves, _groups, max_leaves=8).filter(lambda tree: _depth(tree) <= 10)


def _depth(tree: Any) -> int:
    parts = tree.get("and") or tree.get("or") or ([tree["not"]] if "not" in tree else [])
    return 1 + max((_depth(part) for part in parts), default=0)


@attrs.frozen
class Scene:
    """An audience, conditions and trees that ask about it."""

    people: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    conditions: list[dict[str, Any]]
    trees: list[dict[str, Any]]


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    people = draw(st.lists(users, min_size=1, max_size=3, unique_by=lambda user: user["external_id"]))
    rows = draw(st.lists(subscriptions, min_size=1, max_size=len(IDS)))
    near = Near.to([*people, *rows])
    single = draw(st.lists(conditions(near), min_size=3, max_size=3))
    return Scene(people, rows, single, draw(st.lists(predicates(near), min_size=3, max_size=3)))


def oddities(field: Field) -> list[Any]:
    """What may be stored where a field looks, with every value that is hard to tell from another."""
    kind = KINDS[field]
    if kind is Kind.FACT:
        lists = [[], ["VIP"], [1, True, None, "é"], [0.1, 1.0], ["골드", "골드2"]]
        times = [(NOW + timedelta(days=n)).isoformat() for n in (-31, -30, -29, 0, 29, 30, 31)]
        return [*TEXTS, *VERSIONS[:3], *NUMBERS, True, False, None, *lists, *times]
    found: dict[Kind, list[Any]] = {
        Kind.TEXT: [*TEXTS, None],
        Kind.LANGUAGE: [*ODD_LANGUAGES, None],
        Kind.COUNTRY: ["KR", "US", "kr", "", None],
        Kind.VERSION: [*ODD_VERSIONS, None],
        Kind.NUMBER: [0, 1, 2],
        Kind.TIME: [None, NOW, *(NOW - timedelta(days=n) for n in (-1, 1, 29, 30, 31))],
    }
    return found[kind]


def askings(field: Field) -> list[dict[str, Any]]:
    """Every operator of the field with every kind of operand."""
    kind = KINDS[field]
    return [
        {"field": field.value, "operator": operator.value}
        | ({"key": "k"} if kind is Kind.FACT else {})
        | ({} if operand is None else {"value": operand})
        for operator in operators_of(field)
        for operand in _operands(kind, operator)
    ]


def _operands(kind: Kind, operator: Operator) -> list[Any]:
    if operator in PRESENCE:
        return [None]
    if operator in SPANS:
        return [1, 29, 30, 31, 0.5]
    if operator in (Operator.BEFORE, Operator.AFTER):
        return ["2026-03-01", "2026-03-01T12:30:15.123456Z", "2026-03-01T21:30:15.123456+09:00", "1970-01-01"]
    singles: dict[Kind, list[Any]] = {
        Kind.FACT: [*TEXTS, *NUMBERS, True, False],
        Kind.TEXT: TEXTS,
        Kind.LANGUAGE: LANGUAGES,
        Kind.COUNTRY: ["KR", "US"],
        Kind.VERSION: VERSIONS,
        Kind.NUMBER: [-1, 0, 1, 2, 2**31 - 1],
        Kind.TIME: [(NOW - timedelta(days=n)).isoformat() for n in (0, 30)],
    }
    ones = singles[kind]
    if operator in (Operator.CONTAINS, Operator.STARTS_WITH):
        pieces = [one for one in ones if one != ""]
        return pieces if operator is Operator.CONTAINS else [one for one in pieces if isinstance(one, str)]
    if operator in (Operator.IN, Operator.NOT_IN):
        texts_ = [one for one in ones if isinstance(one, str)]
        numbers_ = [one for one in ones if not isinstance(one, str | bool)]
        return [some for some in (texts_[:4], texts_[4:], numbers_[:4], numbers_[4:], ones[-1:]) if some]
    if operator is Operator.BETWEEN:
        return _ranges(kind, ones)
    if operator in (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE):
        return [one for one in ones if not isinstance(one, bool)]
    return ones


def _ranges(kind: Kind, ones: list[Any]) -> list[Any]:
    if kind is Kind.VERSION:
        return [["1.9", "1.10"], ["2.0.0-alpha", "2.0.0"], ["2", "2.0.0+build"]]
    texts_ = sorted(one for one in ones if isinstance(one, str))
    numbers_ = sorted(one for one in ones if not isinstance(one, str | bool))
    halves = [(some[0], some[len(some) // 2], some[-1]) for some in (texts_, numbers_) if some]
    return [[low, high] for first, middle, last in halves for low, high in ((first, middle), (middle, last))]
