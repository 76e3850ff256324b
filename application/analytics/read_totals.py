"""Figures of a whole span of time, compared by channel, campaign or anything else they are kept by."""

from __future__ import annotations

from typing import Final

import attrs

from application.analytics.asked_period import AskedPeriod
from application.analytics.commands import FiguresCommand
from application.analytics.figures import Figures, Group, figures_of, groups_of
from application.ports.analytics import Analytics, Slice
from domain.analytics.dimension import Dimension
from domain.analytics.period import Period

MOST_GROUPS: Final = 1_000


@attrs.frozen(slots=True, kw_only=True)
class Totals:
    """`total` is of everything that the filters let through, whether its group is among `groups` or not."""

    period: Period
    group_by: tuple[Dimension, ...]
    total: Figures
    groups: list[Group]
    """Empty without `group_by`; those with most messages first."""
    truncated: bool
    """There are more groups than are told."""


@attrs.frozen(kw_only=True)
class ReadTotals:
    analytics: Analytics
    period: AskedPeriod

    async def __call__(self, command: FiguresCommand) -> Totals:
        """Raise NotFound, InvalidInput naming since, until or zone, CountTimedOut."""
        period = await self.period(command)
        wanted = Slice(application_id=command.application_id, period=period, filters=dict(command.filters))
        whole = await self.analytics.counts(wanted, limit=1)
        groups: list[Group] = []
        if command.group_by:
            rows = await self.analytics.counts(
                attrs.evolve(wanted, group_by=command.group_by), limit=MOST_GROUPS
            )
            groups = groups_of(rows, command.group_by)
        groups.sort(key=lambda one: -max(one.figures.accepted, one.figures.sent + one.figures.failed))
        return Totals(
            period=period,
            group_by=command.group_by,
            total=figures_of(whole[0].counts) if whole else Figures(),
            groups=groups[:MOST_GROUPS],
            truncated=len(groups) > MOST_GROUPS,
        )
