"""Devices that fell silent: by the month they came in, and how long nothing was heard from them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from application.analytics.commands import ReadInactiveCommand
from application.ports.analytics import Analytics
from application.ports.applications import Applications
from application.ports.clock import Clock
from domain.analytics.dimension import Dimension, told
from domain.analytics.period import zone_of
from domain.shared.errors import InvalidInput


@attrs.frozen(slots=True)
class Cohort:
    """Devices of one type that came in one month."""

    month: datetime
    type: str
    devices: int
    reachable: int
    silent: Mapping[int, int]
    """Days → devices that nothing was heard from for at least so long."""
    never_heard: int


@attrs.frozen(slots=True, kw_only=True)
class Inactive:
    at: datetime
    zone: str
    days: tuple[int, ...]
    cohorts: list[Cohort]


@attrs.frozen(kw_only=True)
class ReadInactive:
    applications: Applications
    analytics: Analytics
    clock: Clock

    async def __call__(self, command: ReadInactiveCommand) -> Inactive:
        """Raise NotFound, InvalidInput naming days or zone, CountTimedOut."""
        application = await self.applications.get(command.application_id)
        zone = command.zone or application.settings.time_zone
        zone_of(zone)
        days = tuple(sorted(set(command.days)))
        if not 1 <= len(days) <= 6 or not 1 <= days[0] <= days[-1] <= 3_650:
            raise InvalidInput(
                "days is not one to six numbers between 1 and 3650", field="days", fix="send such as 7,30,90"
            )
        now = self.clock.now()
        cohorts: dict[tuple[datetime, int], dict[int | None, tuple[int, int]]] = {}
        for row in await self.analytics.inactive(command.application_id, now, days, zone):
            cohorts.setdefault((row.month, row.type), {})[row.days] = (row.n, row.reachable)
        return Inactive(
            at=now,
            zone=zone,
            days=days,
            cohorts=[
                Cohort(
                    month,
                    told(Dimension.TYPE, type_) or "",
                    sum(n for n, _ in found.values()),
                    sum(reachable for _, reachable in found.values()),
                    {
                        bound: sum(n for at, (n, _) in found.items() if at is not None and at >= bound)
                        for bound in days
                    },
                    found.get(None, (0, 0))[0],
                )
                for (month, type_), found in sorted(cohorts.items())
            ],
        )
