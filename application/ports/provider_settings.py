"""What an operator enters for a provider: its fields, which of them are secret, and what makes one unusable."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import attrs

from domain.shared.errors import InvalidInput


@attrs.frozen(slots=True)
class SettingField:
    """One value of a provider's settings. Everything is text, as it is sealed."""

    name: str
    purpose: str
    """One line for people: what it is and where it is found."""
    secret: bool = False
    """Never shown again; what is not secret stands in the credential's summary."""
    required: bool = True
    default: str | None = None
    """Stored when the field is left out."""
    pattern: str | None = None
    """A regular expression that the whole value must match."""
    choices: Sequence[str] = ()
    longest: int = 500
    multiline: bool = False
    """Line breaks are allowed (PEM); everywhere else control characters are refused."""
    example: str = ""
    check: Callable[[str, str], str] | None = None
    """`check(value, field_name)` answers the value to store or raises InvalidInput: what a pattern cannot say."""


def check_fields(model: Sequence[SettingField], fields: Mapping[str, str]) -> dict[str, str]:
    """What is to be stored; raise InvalidInput naming the field for a missing, unknown or unusable value.

    Surrounding white space is removed; an optional field that is empty or left out gets its default or is left out.
    """
    known = {field.name: field for field in model}
    for name in fields:
        if name not in known:
            raise InvalidInput(
                f"{name} is not a field of this provider",
                field=name,
                fix=f"use {', '.join(known)}",
            )
    checked: dict[str, str] = {}
    for name, field in known.items():
        value = fields.get(name, "").strip() or (field.default or "")
        if not value:
            if field.required:
                raise InvalidInput(f"{name} is missing", field=name, fix=f"give {field.purpose}")
            continue
        checked[name] = _check_value(field, value)
    return checked


def summary_of(model: Sequence[SettingField], fields: Mapping[str, str]) -> dict[str, str]:
    """The fields that may be shown."""
    return {field.name: fields[field.name] for field in model if not field.secret and field.name in fields}


def _check_value(field: SettingField, value: str) -> str:
    at = field.name
    fix = f"send text such as {field.example}" if field.example else f"give {field.purpose}"
    if len(value) > field.longest:
        raise InvalidInput(f"{at} has more than {field.longest} characters", field=at, fix=fix)
    allowed = "\n\r\t" if field.multiline else ""
    if any(ord(character) < 0x20 and character not in allowed for character in value) or "\x7f" in value:
        raise InvalidInput(f"{at} holds control characters", field=at, fix=fix)
    if field.choices and value not in field.choices:
        raise InvalidInput(f"{at} is not known", field=at, fix=f"use one of {', '.join(field.choices)}")
    if field.pattern is not None and not re.fullmatch(field.pattern, value):
        raise InvalidInput(f"{at} is not usable", field=at, fix=fix)
    return value if field.check is None else field.check(value, at)
