"""Figures over time: one row for each hour, day or month, gaps filled with zeros."""

from __future__ import annotations

from typing import Final

import attrs

from application.analytics.asked_period import AskedPeriod
from application.analytics.commands import FiguresCommand
from application.analytics.figures import Figures, Group, groups_of
from application.ports.analytics import Analytics, Slice
from domain.analytics.dimension import Dimension
from domain.analytics.period import Period
from domain.shared.errors import InvalidInput

MOST_POINTS: Final = 10_000


@attrs.frozen(slots=True, kw_only=True)
class Series:
    """Points in the order of time, then of groups. Without `group_by` every bucket has one; with it only those of groups
    that something happened in."""

    period: Period
    group_by: tuple[Dimension, ...]
    points: list[Group]


@attrs.frozen(kw_only=True)
class ReadSeries:
    analytics: Analytics
    period: AskedPeriod

    async def __call__(self, command: FiguresCommand) -> Series:
        """Raise NotFound, CountTimedOut, InvalidInput naming since, until, zone, or group_by for too many points."""
        period = await self.period(command)
        rows = await self.analytics.counts(
            Slice(
                application_id=command.application_id,
                period=period,
                by_bucket=True,
                group_by=command.group_by,
                filters=dict(command.filters),
            ),
            limit=MOST_POINTS,
        )
        if len(rows) > MOST_POINTS:
            raise InvalidInput(
                f"more than {MOST_POINTS} points",
                field="group_by",
                fix="group by less, filter, or ask for a shorter time or a coarser granularity",
            )
        points = groups_of(rows, command.group_by)
        if not command.group_by:
            found = {point.bucket: point for point in points}
            points = [found.get(at) or Group(at, {}, Figures()) for at in period.buckets()]
        return Series(period=period, group_by=command.group_by, points=points)
