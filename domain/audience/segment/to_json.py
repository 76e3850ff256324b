"""A predicate as JSON, as it is stored and told: `parse_predicate` reads it back to the same tree."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.audience.segment.moments import write_moment
from domain.audience.segment.predicate import And, Condition, Everyone, Not, Predicate, Value
from domain.shared.json_values import Json


def predicate_json(predicate: Predicate) -> dict[str, Json]:
    if isinstance(predicate, Condition):
        return condition_json(predicate)
    if isinstance(predicate, Everyone):
        return {"everyone": True}
    if isinstance(predicate, Not):
        return {"not": predicate_json(predicate.of)}
    parts: list[Json] = [predicate_json(part) for part in predicate.of]
    return {"and" if isinstance(predicate, And) else "or": parts}


def condition_json(condition: Condition) -> dict[str, Json]:
    """Members that say nothing are left out."""
    written: dict[str, Json] = {"field": condition.field.value}
    if condition.key is not None:
        written["key"] = condition.key
    written["operator"] = condition.operator.value
    if isinstance(condition.value, tuple):
        written["value"] = [_value_json(one) for one in condition.value]
    elif condition.value is not None:
        written["value"] = _value_json(condition.value)
    if condition.of_user:
        written["of"] = "user"
    return written


def _value_json(value: Value) -> Json:
    if isinstance(value, datetime):
        return write_moment(value)
    return str(value) if isinstance(value, UUID) else value
