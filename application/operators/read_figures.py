"""What an application's overview shows: today so far, thirty days, what fails, and the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs

from application.ports.applications import Applications
from application.ports.clock import Clock
from application.ports.figures import Figures, QueueTally, ReasonTally, Tally
from domain.messaging.event import MessageEventType
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput

Counts = Mapping[MessageEventType, int]
LONGEST_RANGE: Final = 92
TOP_REASONS: Final = 8


@attrs.frozen(slots=True, kw_only=True)
class Today:
    """Since midnight in the application's time zone."""

    counts: Counts
    queue: QueueTally
    at: datetime


@attrs.frozen(slots=True, kw_only=True)
class Period:
    """Whole days of the application's time zone, the present one included."""

    days: Sequence[tuple[date, Counts]]
    channels: Sequence[tuple[Channel, Counts]]
    counts: Counts
    reasons: Sequence[ReasonTally]
    time_zone: str


@attrs.frozen(kw_only=True)
class ReadToday:
    applications: Applications
    figures: Figures
    clock: Clock

    async def __call__(self, application_id: UUID) -> Today:
        """Raise NotFound."""
        application = await self.applications.get(application_id)
        now = self.clock.now()
        zone = ZoneInfo(application.settings.time_zone)
        midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        tallies = await self.figures.tallies(application_id, since=midnight)
        queue = await self.figures.queue(application_id)
        return Today(counts=_sum(tallies), queue=queue, at=now)


@attrs.frozen(kw_only=True)
class ReadPeriod:
    applications: Applications
    figures: Figures
    clock: Clock

    async def __call__(self, application_id: UUID, *, days: int = 30) -> Period:
        """Raise NotFound, or InvalidInput for a number of days that cannot be asked for."""
        if not 1 <= days <= LONGEST_RANGE:
            raise InvalidInput(f"days is {days}", field="days", fix=f"use 1 to {LONGEST_RANGE}")
        application = await self.applications.get(application_id)
        zone = ZoneInfo(application.settings.time_zone)
        today = self.clock.now().astimezone(zone).date()
        first = today - timedelta(days=days - 1)
        since = datetime(first.year, first.month, first.day, tzinfo=zone)
        tallies = await self.figures.tallies(application_id, since=since)
        reasons = await self.figures.failures(application_id, since=since, limit=TOP_REASONS)
        by_day: dict[date, list[Tally]] = {first + timedelta(days=n): [] for n in range(days)}
        by_channel: dict[Channel, list[Tally]] = {}
        for one in tallies:
            by_channel.setdefault(one.type.channel, []).append(one)
            by_day.setdefault(one.hour.astimezone(zone).date(), []).append(one)
        return Period(
            days=[(day, _sum(found)) for day, found in sorted(by_day.items())],
            channels=[(channel, _sum(found)) for channel, found in sorted(by_channel.items())],
            counts=_sum(tallies),
            reasons=reasons,
            time_zone=application.settings.time_zone,
        )


def _sum(tallies: Sequence[Tally]) -> Counts:
    counts: Counter[MessageEventType] = Counter()
    for one in tallies:
        counts[one.event] += one.n
    return counts
