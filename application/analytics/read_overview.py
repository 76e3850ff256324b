"""An application at a glance: today so far with its queue, and the last thirty days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import attrs

from application.analytics.figures import Figures, Group, added_up, figures_of, groups_of
from application.ports.analytics import Analytics, Slice
from application.ports.applications import Applications
from application.ports.clock import Clock
from application.ports.queue_figures import QueueFigures, QueueTally
from domain.analytics.period import Granularity, Period, countable_zone

DAYS: Final = 30


@attrs.frozen(slots=True, kw_only=True)
class Today:
    """Since midnight, and what is in the queue now."""

    figures: Figures
    queue: QueueTally


@attrs.frozen(slots=True, kw_only=True)
class Month:
    """Thirty days, the present one included: each of them, and all together."""

    period: Period
    days: Sequence[Group]
    total: Figures


@attrs.frozen(kw_only=True)
class ReadToday:
    applications: Applications
    analytics: Analytics
    queues: QueueFigures
    clock: Clock

    async def __call__(self, application_id: UUID) -> Today:
        """Days are the application's own, or of UTC where its zone's cannot be counted. Raise NotFound, CountTimedOut."""
        application = await self.applications.get(application_id)
        now = self.clock.now()
        period = Period.of(
            now,
            now + timedelta(microseconds=1),
            countable_zone(application.settings.time_zone, now),
            Granularity.DAY,
        )
        rows = await self.analytics.counts(Slice(application_id=application_id, period=period), limit=1)
        return Today(
            figures=figures_of(rows[0].counts) if rows else Figures(),
            queue=await self.queues.queue(application_id),
        )


@attrs.frozen(kw_only=True)
class ReadMonth:
    applications: Applications
    analytics: Analytics
    clock: Clock

    async def __call__(self, application_id: UUID) -> Month:
        """Days as `ReadToday` has them. Raise NotFound, CountTimedOut."""
        application = await self.applications.get(application_id)
        now = self.clock.now()
        since = now - timedelta(days=DAYS - 1)
        zone = countable_zone(application.settings.time_zone, since, now)
        period = Period.of(since, now, zone, Granularity.DAY)
        rows = await self.analytics.counts(
            Slice(application_id=application_id, period=period, by_bucket=True), limit=2 * DAYS
        )
        found = {point.bucket: point for point in groups_of(rows, ())}
        days = [found.get(at) or Group(at, {}, Figures()) for at in period.buckets()]
        return Month(period=period, days=days, total=added_up(day.figures for day in days))
