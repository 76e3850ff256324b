"""Funnels beside one another: of channels, campaigns, templates or anything else that figures are kept by, with their names."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import attrs

from application.analytics.asked_period import AskedPeriod
from application.analytics.commands import FiguresCommand
from application.analytics.figures import Figures, figures_of
from application.analytics.read_funnel import NOT_OPENED, mean_of
from application.ports.analytics import Analytics, Slice
from domain.analytics.dimension import Dimension, told
from domain.analytics.period import Period
from domain.analytics.time_to_open import median_bound
from domain.messaging.event import MessageEventType
from domain.shared.errors import InvalidInput

MOST_COMPARED: Final = 100
REASONED: Final = (MessageEventType.FAILED, MessageEventType.ERRORED)
"""What has a reason; reading nothing else is several times as quick."""


@attrs.frozen(slots=True, kw_only=True)
class ComparedFunnel:
    """One group; means and medians as `Funnel` has them."""

    value: str | None
    """The wire's; None: of what has no campaign, no country, …"""
    name: str | None
    """Of a campaign or template that still is there."""
    figures: Figures
    mean_seconds_to_open: float | None
    median_within_seconds: int | None


@attrs.frozen(slots=True, kw_only=True)
class Comparison:
    """`total` is of all groups, also of those that are not told."""

    period: Period
    by: Dimension
    total: Figures
    groups: list[ComparedFunnel]
    """Those in which most happened first."""
    truncated: bool


@attrs.frozen(kw_only=True)
class CompareFunnels:
    analytics: Analytics
    period: AskedPeriod

    async def __call__(self, command: FiguresCommand) -> Comparison:
        """Raise NotFound, CountTimedOut, InvalidInput naming since, until, zone, or group_by unless it is one dimension."""
        if len(command.group_by) != 1:
            raise InvalidInput(
                f"{len(command.group_by)} groupings", field="group_by", fix="compare by one dimension"
            )
        (by,) = command.group_by
        period = await self.period(command)
        whole = Slice(application_id=command.application_id, period=period, filters=dict(command.filters))
        grouped = attrs.evolve(whole, group_by=(by,), events=REASONED if by is Dimension.REASON else ())
        total = await self.analytics.counts(whole, limit=1)
        rows = list(await self.analytics.counts(grouped, limit=MOST_COMPARED))
        # What was opened has no reason to have failed.
        times = {} if by is Dimension.REASON else await self.analytics.open_times(grouped)
        ids = [value for row in rows for value in row.group if isinstance(value, UUID) and value.int]
        names = await self.analytics.names(command.application_id, by, ids) if ids else {}
        return Comparison(
            period=period,
            by=by,
            total=figures_of(total[0].counts) if total else Figures(),
            groups=[
                ComparedFunnel(
                    value=told(by, row.group[0]),
                    name=names.get(row.group[0]) if isinstance(row.group[0], UUID) else None,
                    figures=figures_of(row.counts),
                    mean_seconds_to_open=mean_of(times.get(row.group, NOT_OPENED)),
                    median_within_seconds=median_bound(times.get(row.group, NOT_OPENED).classes),
                )
                for row in rows[:MOST_COMPARED]
            ],
            truncated=len(rows) > MOST_COMPARED,
        )
