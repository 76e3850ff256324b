"""A process's own figures as one reading for people: what stands now, and what went on in the last five minutes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import attrs

from adapters.telemetry.folded import Distribution
from application.ports.health import JobReading, NodeReading, PoolReading, ProviderReading
from application.ports.measures import Figure

LOOKS_BACK: Final = 300.0
"""Seconds over which sends and jobs are told."""
BUSY: Final = ("user", "system", "steal")
ERRORED: Final = ("deferred", "credential_fault", "not_attempted")

Sample = Figure | Distribution
Source = Callable[[], Iterable[Sample]]
Key = tuple[str, ...]


@attrs.frozen(slots=True)
class _Glance:
    at: float
    values: Mapping[Key, float]
    """By (name, labels …); of a distribution its number under `name#n` and its sum under `name#sum`."""


class NodeReadings:
    """Reads the sources whenever it is asked; must be asked every few seconds."""

    def __init__(self, sources: Iterable[Source], clock: Callable[[], float] = time.monotonic) -> None:
        self._sources = list(sources)
        self._clock = clock
        self._past: deque[_Glance] = deque()

    def now(self) -> NodeReading:
        glance = _Glance(self._clock(), self._collected())
        before = self._past[-1] if self._past else None
        self._past.append(glance)
        # One that is older than the span stays, so that the span is whole.
        while len(self._past) > 2 and glance.at - self._past[1].at >= LOOKS_BACK:
            self._past.popleft()
        # What was counted before the first look stands in it already: a process that has just begun tells it, too.
        first = self._past[0].values if glance.at - self._past[0].at >= LOOKS_BACK else {}
        gone = {key: value - first.get(key, 0.0) for key, value in glance.values.items()}
        return _reading(glance, before, gone)

    def _collected(self) -> dict[Key, float]:
        found: dict[Key, float] = {}
        for source in self._sources:
            for sample in source():
                if isinstance(sample, Distribution):
                    found[f"{sample.name}#n", *sample.labels] = sample.buckets[-1][1]
                    found[f"{sample.name}#sum", *sample.labels] = sample.total
                else:
                    found[sample.name, *sample.labels] = sample.value
        return found


def _reading(now: _Glance, before: _Glance | None, gone: Mapping[Key, float]) -> NodeReading:
    """`gone`: what was counted in the span."""
    values = now.values

    def standing(name: str, *labels: str) -> int:
        return int(values.get((name, *labels), 0))

    total = standing("signal_node_memory_bytes", "total")
    cpus = max(1, standing("signal_node_cpus"))
    busy = _rate(now, before, "signal_node_cpu_seconds_total", *BUSY)
    return NodeReading(
        cpu_share=None if busy is None else min(1.0, busy / cpus),
        cpus=cpus,
        memory_used=total - standing("signal_node_memory_bytes", "available"),
        memory_total=total,
        disk_free=standing("signal_node_disk_free_bytes"),
        disk_rate=_rate(now, before, "signal_node_disk_bytes_total", "read", "written"),
        network_rate=_rate(now, before, "signal_node_network_bytes_total", "sent", "received"),
        process_cpu=_rate(now, before, "signal_process_cpu_seconds_total"),
        process_memory=standing("signal_process_memory_bytes"),
        nats_connected=bool(standing("signal_nats_connected")),
        nats_reconnects=standing("signal_nats_reconnects_total"),
        pools=tuple(
            PoolReading(
                name=name,
                used=standing("signal_pool_connections", name, "used"),
                idle=standing("signal_pool_connections", name, "idle"),
                size=standing("signal_pool_size", name),
            )
            for name in sorted(key[1] for key in values if key[0] == "signal_pool_size")
        ),
        providers=_providers(gone),
        jobs=_jobs(gone),
    )


def _rate(now: _Glance, before: _Glance | None, name: str, *labels: str) -> float | None:
    """Of these labels together, a second, since the look before this one; None at the first."""
    if before is None or now.at <= before.at:
        return None
    keys: list[Key] = [(name, label) for label in labels] if labels else [(name,)]
    grown = sum(now.values.get(key, 0.0) - before.values.get(key, 0.0) for key in keys)
    return max(0.0, grown / (now.at - before.at))


def _providers(gone: Mapping[Key, float]) -> tuple[ProviderReading, ...]:
    sends: dict[tuple[str, str], dict[str, int]] = {}
    for key, n in gone.items():
        if key[0] == "signal_sends_total" and n > 0:
            sends.setdefault((key[1], key[2]), {})[key[3]] = int(n)
    return tuple(
        ProviderReading(
            channel=channel,
            provider=provider,
            accepted=outcomes.get("accepted", 0),
            errored=sum(outcomes.get(name, 0) for name in ERRORED),
            refused=sum(n for name, n in outcomes.items() if name not in ("accepted", *ERRORED)),
            mean_seconds=_mean(gone, "signal_send_seconds", channel, provider),
        )
        for (channel, provider), outcomes in sorted(sends.items())
    )


def _jobs(gone: Mapping[Key, float]) -> tuple[JobReading, ...]:
    return tuple(
        JobReading(
            job=job,
            runs=int(gone["signal_job_seconds#n", job]),
            failures=int(gone.get(("signal_job_failures_total", job), 0)),
            mean_seconds=_mean(gone, "signal_job_seconds", job),
        )
        for job in sorted(key[1] for key, n in gone.items() if key[0] == "signal_job_seconds#n" and n > 0)
    )


def _mean(gone: Mapping[Key, float], name: str, *labels: str) -> float | None:
    n = gone.get((f"{name}#n", *labels), 0.0)
    return gone.get((f"{name}#sum", *labels), 0.0) / n if n > 0 else None
