"""Tags of a subscription and properties of a user: small flat facts, with the same limits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final

from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json, check_json, check_line

MAX_KEYS: Final = 100
MAX_KEY_LENGTH: Final = 128
MAX_BYTES: Final = 8_192
"""UTF-8 bytes of the whole as compact JSON."""

PII_KEYS: Final = frozenset({"email", "name", "phone"})
"""The specification keeps no personal data on a user."""


def changed_facts(
    facts: Mapping[str, Json], *, set: Mapping[str, Json], remove: Iterable[str], field: str
) -> dict[str, Json]:
    """The facts after setting and removing keys; raise InvalidInput naming the field when a limit is passed."""
    gone = frozenset(remove)
    if not set and not gone:
        return dict(facts)
    for key, value in set.items():
        check_line(key, field=f"{field} (a key)", longest=MAX_KEY_LENGTH)
        _check_value(value, f"{field}.{key}")
    result = {key: value for key, value in facts.items() if key not in gone}
    result.update(set)
    if len(result) > MAX_KEYS:
        raise InvalidInput(
            f"{field} would hold {len(result)} keys", field=field, fix=f"keep at most {MAX_KEYS} keys"
        )
    size = len(json.dumps(result, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_BYTES:
        raise InvalidInput(
            f"{field} would be {size} bytes as JSON", field=field, fix=f"keep within {MAX_BYTES} bytes"
        )
    return result


def check_no_personal_facts(keys: Iterable[str], *, field: str) -> None:
    """Raise InvalidInput for e-mail, name and phone: addresses are subscriptions, names are not stored."""
    for key in keys:
        if key.strip().lower() in PII_KEYS:
            raise InvalidInput(
                f"{field}.{key} is personal data, which is not stored on users",
                field=f"{field}.{key}",
                fix="register addresses as subscriptions; send names as variables of a message",
            )


def _check_value(value: Json, field: str) -> None:
    if isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(item, (list, Mapping)) for item in value)
    ):
        raise InvalidInput(f"{field} is nested", field=field, fix="send a scalar or a list of scalars")
    check_json(value, field=field)
