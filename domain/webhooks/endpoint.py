"""An endpoint, as it may be shown, and a delivery to it."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from uuid import UUID

import attrs

MOST_ENDPOINTS = 20
"""Of one application."""


@attrs.frozen(slots=True)
class Endpoint:
    """Where events of an application go. Its secret is not part of what may be shown."""

    id: UUID
    application_id: UUID
    url: str
    description: str
    event_types: tuple[str, ...]
    is_active: bool
    failing_since: datetime | None
    """Nothing got through since; None while things go well."""
    disabled_reason: str | None
    """Why the platform switched it off: `failing` or `gone`."""
    created_at: datetime
    updated_at: datetime


class DeliveryState(IntEnum):
    """The value is what the database stores (append-only)."""

    WAITING = 0
    DELIVERED = 1
    FAILED = 2

    @property
    def wire(self) -> str:
        return self.name.lower()


@attrs.frozen(slots=True)
class Delivery:
    """One event on its way to one endpoint."""

    event_id: UUID
    event_type: str
    created_at: datetime
    state: DeliveryState
    attempts: int
    next_at: datetime | None
    """When it is tried again; None when it is not."""
    last_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None
