"""How the installation does, for people: its processes, the database, the queue, NATS, providers and jobs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from application.ports.clock import Clock
from application.ports.health import (
    Health,
    JobReading,
    NodeReport,
    NodeReports,
    ProviderReading,
    StoreReading,
    StreamReading,
    streams_of,
)
from application.ports.measures import Figures
from domain.shared.errors import Unavailable

REMEMBERED: Final = timedelta(minutes=10)
"""A process that has been silent for longer is gone, and not shown any more."""
SILENT_AFTER: Final = timedelta(seconds=20)
"""A process tells of itself every five seconds."""


@attrs.frozen(slots=True, kw_only=True)
class InstallationHealth:
    """`streams` None: NATS does not answer."""

    at: datetime
    nodes: Sequence[NodeReport]
    store: StoreReading
    streams: Sequence[StreamReading] | None
    providers: Sequence[ProviderReading]
    jobs: Sequence[JobReading]

    @property
    def silent_since(self) -> datetime:
        """Whoever was heard of before this moment only is silent."""
        return self.at - SILENT_AFTER


@attrs.frozen(kw_only=True)
class ReadHealth:
    health: Health
    node_reports: NodeReports
    stream_figures: Figures
    clock: Clock

    async def __call__(self) -> InstallationHealth:
        """Raise Unavailable when the database is away."""
        now = self.clock.now()
        store = await self.health.read()
        nodes = await self.node_reports.since(now - REMEMBERED)
        try:
            streams: Sequence[StreamReading] | None = streams_of(await self.stream_figures.read())
        except Unavailable:
            streams = None
        heard = [one for one in nodes if one.reported_at >= now - SILENT_AFTER]
        return InstallationHealth(
            at=now,
            nodes=nodes,
            store=store,
            streams=streams,
            providers=together(one for node in heard for one in node.reading.providers),
            jobs=jobs_together(one for node in heard for one in node.reading.jobs),
        )


def together(readings: Iterable[ProviderReading]) -> list[ProviderReading]:
    """What several processes sent through a provider as one figure; means weigh as much as they stand for."""
    groups: dict[tuple[str, str], list[ProviderReading]] = {}
    for one in readings:
        groups.setdefault((one.channel, one.provider), []).append(one)
    return [
        ProviderReading(
            channel=channel,
            provider=provider,
            accepted=sum(one.accepted for one in some),
            errored=sum(one.errored for one in some),
            refused=sum(one.refused for one in some),
            mean_seconds=_mean(
                [(one.mean_seconds, one.accepted + one.errored + one.refused) for one in some]
            ),
        )
        for (channel, provider), some in sorted(groups.items())
    ]


def jobs_together(readings: Iterable[JobReading]) -> list[JobReading]:
    """The same of jobs that several schedulers run."""
    groups: dict[str, list[JobReading]] = {}
    for one in readings:
        groups.setdefault(one.job, []).append(one)
    return [
        JobReading(
            job=job,
            runs=sum(one.runs for one in some),
            failures=sum(one.failures for one in some),
            mean_seconds=_mean([(one.mean_seconds, one.runs) for one in some]),
        )
        for job, some in sorted(groups.items())
    ]


def _mean(values: Sequence[tuple[float | None, int]]) -> float | None:
    told = [(value, weight) for value, weight in values if value is not None and weight > 0]
    whole = sum(weight for _, weight in told)
    return sum(value * weight for value, weight in told) / whole if whole else None
