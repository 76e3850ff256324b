"""What the pipeline must know about an application, cached for a moment: active or not, and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs


@attrs.frozen(slots=True)
class Profile:
    application_id: UUID
    is_active: bool
    time_zone: ZoneInfo
    """Quota windows are days and months of this zone."""
    default_ttl: timedelta
    events_enabled: bool
    """Message events are published to NATS for this application."""
    apns_environments: Mapping[int, int] = attrs.field(factory=dict)
    """test_type → APNs environment tried first (0 production, 1 sandbox), where nothing was learnt yet."""
    receipt_timeout: timedelta | None = None
    """Sent but not received for this long becomes failed; None: never."""
    topics: frozenset[str] = frozenset()
    """Keys of what its messages may be about."""
    providers: Mapping[str, str] = attrs.field(factory=dict)
    """Channel → provider that sends for it, where the application chose one."""


class Profiles(Protocol):
    async def of(self, application_id: UUID) -> Profile | None:
        """At most a few seconds old; None when there is no such application."""
        ...
