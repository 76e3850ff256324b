"""What differs between two versions, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import attrs

from domain.shared.json_values import Json
from domain.templates.source import Source

Kind = Literal["added", "removed", "changed"]


@attrs.frozen(slots=True)
class Difference:
    """One field; `before` is None when it was added, `after` is None when it was removed."""

    field: str
    kind: Kind
    before: Json
    after: Json


def differences(before: Source, after: Source) -> tuple[Difference, ...]:
    """In the order of the field names; a list counts as one value, null as absent."""
    return tuple(_compared("", before.to_json(), after.to_json()))


def _compared(prefix: str, before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Difference]:
    for key in sorted({*before, *after}):
        field = prefix + key
        old, new = before.get(key), after.get(key)
        if _nested(old, new):
            yield from _compared(f"{field}.", _object(old), _object(new))
        elif old != new or type(old) is not type(new):
            kind: Kind = "added" if old is None else "removed" if new is None else "changed"
            yield Difference(field, kind, old, new)


def _nested(old: Json, new: Json) -> bool:
    """Whether both are objects, or one is and the other is absent."""
    both = (old, new)
    return any(isinstance(one, Mapping) for one in both) and all(
        one is None or isinstance(one, Mapping) for one in both
    )


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
