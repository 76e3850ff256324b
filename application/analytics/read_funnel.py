"""The way of messages: accepted, sent, received, opened; and how long people took to open."""

from __future__ import annotations

from typing import Final

import attrs

from application.analytics.asked_period import AskedPeriod
from application.analytics.commands import FiguresCommand
from application.analytics.figures import Figures, figures_of
from application.ports.analytics import Analytics, OpenTimes, Slice
from domain.analytics.period import Period
from domain.analytics.time_to_open import BOUNDS, median_bound

NOT_OPENED: Final = OpenTimes({}, 0, 0.0)


@attrs.frozen(slots=True)
class OpenClass:
    """Messages that were opened within `until_seconds` of being sent, and later than the class before."""

    until_seconds: int | None
    """None: no bound."""
    messages: int


@attrs.frozen(slots=True, kw_only=True)
class Funnel:
    period: Period
    figures: Figures
    mean_seconds_to_open: float | None
    median_within_seconds: int | None
    """The median is not above this; None: nothing was opened, or it is beyond the last bound."""
    open_times: list[OpenClass]


@attrs.frozen(kw_only=True)
class ReadFunnel:
    analytics: Analytics
    period: AskedPeriod

    async def __call__(self, command: FiguresCommand) -> Funnel:
        """`group_by` and `granularity` change nothing but the rounding of the time. Raise NotFound, InvalidInput."""
        period = await self.period(command)
        wanted = Slice(application_id=command.application_id, period=period, filters=dict(command.filters))
        rows = await self.analytics.counts(wanted, limit=1)
        times = (await self.analytics.open_times(wanted)).get((), NOT_OPENED)
        bounds: tuple[int | None, ...] = (*BOUNDS, None)
        return Funnel(
            period=period,
            figures=figures_of(rows[0].counts) if rows else Figures(),
            mean_seconds_to_open=mean_of(times),
            median_within_seconds=median_bound(times.classes),
            open_times=[
                OpenClass(bound, times.classes.get(number, 0)) for number, bound in enumerate(bounds, 1)
            ],
        )


def mean_of(times: OpenTimes) -> float | None:
    """Seconds; None where nothing was opened."""
    return round(times.seconds / times.timed, 3) if times.timed else None
