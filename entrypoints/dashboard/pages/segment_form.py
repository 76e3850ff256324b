"""The segment builder's rows: from fields to a predicate, and back where a predicate fits into rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from domain.audience.segment.fields import KINDS, Field, Kind, Operator
from domain.audience.segment.predicate import Predicate
from domain.audience.segment.to_json import predicate_json
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json
from entrypoints.dashboard.visit import Form

KEYED = frozenset({Field.TAG.value, Field.PROPERTY.value})
BARE = frozenset({Operator.EXISTS.value, Operator.NOT_EXISTS.value})
LISTED = frozenset({Operator.IN.value, Operator.NOT_IN.value, Operator.BETWEEN.value})
DAYS = frozenset({Operator.IN_LAST_DAYS.value, Operator.OLDER_THAN_DAYS.value, Operator.IN_NEXT_DAYS.value})

Row = dict[str, str]


def predicate_of(form: Form) -> dict[str, Json]:
    """The predicate that the form describes: its JSON where that is filled in, else its rows. Raise InvalidInput."""
    if (text := form.get("json").strip()) and form.get("mode") == "json":
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise InvalidInput("this is not a JSON object", field="json", fix="see the page on segments")
        return found
    rows = rows_of_form(form)
    parts = [_condition(row, place) for place, row in enumerate(rows)]
    if not parts:
        raise InvalidInput("there is no condition", field="condition", fix="add at least one")
    if len(parts) == 1:
        return parts[0]
    return {"or" if form.get("join") == "or" else "and": [*parts]}


def rows_of_form(form: Form) -> list[Row]:
    """The rows that name a field."""
    names = ("field", "key", "operator", "value", "negate")
    columns = {name: form.all(f"condition.{name}") for name in names}
    count = len(columns["field"])
    if any(len(values) not in (0, count) for values in columns.values()):
        raise InvalidInput("the rows of the form do not match", field="condition", fix="load the page again")
    return [
        {name: values[place] if values else "" for name, values in columns.items()}
        for place in range(count)
        if columns["field"][place]
    ]


def rows_of(predicate: Predicate) -> tuple[str, list[Row]] | None:
    """How the parts are joined, and the rows; None for a predicate that only JSON can show."""
    shown: dict[str, Any] = predicate_json(predicate)
    join = "or" if "or" in shown else "and"
    parts: Sequence[Any] = shown.get("and") or shown.get("or") or [shown]
    rows = [_row(part) for part in parts]
    found = [row for row in rows if row is not None]
    return (join, found) if len(found) == len(rows) else None


def _row(part: dict[str, Any]) -> Row | None:
    negate = "not" in part
    condition = part["not"] if negate else part
    if not isinstance(condition, dict) or "field" not in condition or "of" in condition:
        return None
    value = condition.get("value", "")
    text = ", ".join(map(_text, value)) if isinstance(value, list) else _text(value)
    return {
        "field": condition["field"],
        "key": condition.get("key", ""),
        "operator": condition["operator"],
        "value": text,
        "negate": "yes" if negate else "",
    }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _condition(row: Row, place: int) -> dict[str, Json]:
    field, operator = row["field"], row["operator"]
    made: dict[str, Json] = {"field": field, "operator": operator}
    if field in KEYED:
        made["key"] = row["key"].strip()
    if operator not in BARE:
        made["value"] = _value(field, operator, row["value"].strip(), f"condition[{place}].value")
    return {"not": made} if row["negate"] == "yes" else made


def _value(field: str, operator: str, text: str, at: str) -> Json:
    if operator in LISTED:
        return [_scalar(field, operator, one.strip(), at) for one in text.split(",") if one.strip()]
    return _scalar(field, operator, text, at)


def _scalar(field: str, operator: str, text: str, at: str) -> Json:
    """As the field's kind reads it; of tags and properties what looks like a number or a switch is one."""
    kind = KINDS.get(Field(field)) if field in {one.value for one in Field} else None
    if kind is Kind.SWITCH or (kind is Kind.FACT and text in ("true", "false")):
        if text not in ("true", "false"):
            raise InvalidInput(f"{field} is true or false", field=at, fix="write true or false")
        return text == "true"
    if operator in DAYS or kind is Kind.NUMBER or kind is Kind.FACT:
        number = _number(text)
        if number is None and kind is not Kind.FACT:
            raise InvalidInput(f"{text[:40]!r} is not a number", field=at, fix="write a whole number")
        return text if number is None else number
    return text


def _number(text: str) -> int | float | None:
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) < 16 and (digits == "0" or digits[0] != "0"):
        return int(text)
    whole, dot, part = digits.partition(".")
    if dot and whole.isdecimal() and part.isdecimal() and digits.isascii() and len(digits) < 16:
        return float(text)
    return None
