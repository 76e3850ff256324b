"""What is written down about a change: who, when, what, and how it was before and after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import attrs

from domain.shared.json_values import Json

LONGEST_TEXT: Final = 2_000
"""Characters of one text in `before` and `after`; more is cut."""


class Outcome(StrEnum):
    """The value is what the database holds."""

    STARTED = "started"
    """The process ended before it was known how the change ended."""
    DONE = "done"
    REFUSED = "refused"


@attrs.frozen(slots=True, kw_only=True)
class AuditEntry:
    """Written before the change as `started`, completed after it: no change is missing, whatever dies."""

    id: UUID
    occurred_at: datetime
    operator_id: UUID | None
    actor: str
    """The address at that time; `command line` for changes that nobody signed in for."""
    action: str
    application_id: UUID | None
    subject: str
    outcome: Outcome
    before: Mapping[str, Json] = attrs.field(factory=dict)
    after: Mapping[str, Json] = attrs.field(factory=dict)
    peer: str = ""


def shortened(values: Mapping[str, Json]) -> dict[str, Json]:
    """The values with every long text cut, so that one entry stays readable."""
    return {name: _short(value) for name, value in values.items()}


def _short(value: Json) -> Json:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
    if isinstance(value, dict):
        return {name: _short(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_short(one) for one in value]
    return value
