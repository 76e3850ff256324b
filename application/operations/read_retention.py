"""For how long things of an application are kept."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import attrs

from application.ports.applications import Applications
from application.ports.retention import Retention


@attrs.frozen(slots=True, kw_only=True)
class Kept:
    """Days. `content_days` None: what messages said is kept as long as the messages."""

    message_days: int
    content_days: int | None
    swept_until: datetime | None


@attrs.frozen(kw_only=True)
class ReadRetention:
    applications: Applications
    retention: Retention
    message_days: int
    """Of the installation: messages, their events and what they said are dropped after so many."""

    async def __call__(self, application_id: UUID) -> Kept:
        """Raise NotFound."""
        application = await self.applications.get(application_id)
        return Kept(
            message_days=self.message_days,
            content_days=application.settings.content_retention_days,
            swept_until=await self.retention.swept_until(application_id),
        )
