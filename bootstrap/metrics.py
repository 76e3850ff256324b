"""The metrics of one process: what it counts, what it looks up now and then, and the listener that shows both."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from adapters.jetstream.figures import connection_figures
from adapters.jetstream.monitors import NatsMonitors, parse_monitors
from adapters.postgres.gauges import pool_figures
from adapters.telemetry.exposition import Exposition, Sample, listen
from adapters.telemetry.folded import Distribution, cumulative
from adapters.telemetry.machine import Machine
from application.dispatch.reconcile import Reconcile
from application.dispatch.settle_loop import SettleLoop
from application.dispatch.timed_rendering import LONGEST, TimedRendering
from application.ports.measures import Figure, Figures
from application.steps import repeat, tell_failure
from bootstrap.node import Node
from bootstrap.tracing import traced_figures

log = logging.getLogger(__name__)

USUAL_PORTS: Final[Mapping[str, int]] = {
    "api": 9464,
    "all": 9464,
    "worker": 9465,
    "worker-transactional": 9465,
    "scheduler": 9466,
    "worker-bulk": 9467,
}
LOOK_UP_EVERY: Final = 15.0
"""Seconds between looks at PostgreSQL and NATS, however often somebody scrapes."""
LAG_EVERY: Final = 1.0
_RENDERINGS: Final = range(13, 33)
"""Powers of two, in nanoseconds, that render_seconds has bounds at: 8 µs to 4 s."""


class LookedUp:
    """Figures of the installation, as they were when they were last looked up."""

    def __init__(self, sources: Mapping[str, Figures]) -> None:
        self._sources = sources
        self._found: dict[str, tuple[float, Sequence[Figure]]] = {}

    async def refresh(self) -> None:
        """Ask every source once; one that does not answer keeps its last figures, whose age shows."""
        for name, source in self._sources.items():
            try:
                self._found[name] = (time.monotonic(), await source.read())
            except Exception as error:
                tell_failure(f"reading figures of {name}", error)

    def samples(self) -> Iterator[Sample]:
        for name, (at, figures) in self._found.copy().items():
            yield from figures
            yield Figure("signal_figures_age_seconds", time.monotonic() - at, (name,))


class LoopLag:
    """How late the event loop is: what a busy processor or a blocking call does to everything else."""

    def __init__(self) -> None:
        self.seconds = 0.0

    async def run(self) -> None:
        while True:
            due = time.monotonic() + LAG_EVERY
            await asyncio.sleep(LAG_EVERY)
            self.seconds = max(0.0, time.monotonic() - due)

    def samples(self) -> Iterator[Sample]:
        yield Figure("signal_event_loop_lag_seconds", self.seconds)


def exposition_of(node: Node, looked_up: LookedUp, lag: LoopLag) -> Exposition:
    """Everything that a process shows; `node.sources` may grow later."""
    infrastructure = node.infrastructure
    measures, machine = infrastructure.measures(), Machine(node.settings.data_folder)
    engines = {
        "hot": infrastructure.hot(),
        "kept_plans": infrastructure.kept_plans(),
        "control": infrastructure.control(),
    }

    tracer = infrastructure.tracer()

    def of_parts() -> Iterable[Sample]:
        for source in list(node.sources):
            yield from source()

    return Exposition(
        [
            measures.figures,
            measures.distributions,
            machine.figures,
            lambda: pool_figures(engines),
            lambda: connection_figures(node.nats),
            looked_up.samples,
            lag.samples,
            of_parts,
            lambda: traced_figures(tracer),
        ]
    )


@asynccontextmanager
async def serving_metrics(node: Node, role: str) -> AsyncIterator[None]:
    """Serve `/metrics` while the block runs; a port that is taken costs the metrics, not the role."""
    settings = node.settings
    port = USUAL_PORTS[role] if settings.metrics_port is None else settings.metrics_port
    if port == 0:
        yield
        return
    infrastructure = node.infrastructure
    # What is the same for the whole installation is shown by schedulers only.
    watched: dict[str, Figures] = {}
    if role in ("scheduler", "all"):
        watched = {"postgres": infrastructure.gauges(), "nats": infrastructure.stream_figures()}
        if settings.nats_monitors:
            watched["nats_servers"] = NatsMonitors(parse_monitors(settings.nats_monitors))
    looked_up, lag = LookedUp(watched), LoopLag()
    try:
        close = listen(exposition_of(node, looked_up, lag), settings.metrics_host, port)
    except OSError:
        level = logging.INFO if settings.metrics_port is None else logging.ERROR
        log.log(level, "port %d is taken: this process serves no metrics", port)
        yield
        return
    looking_up = repeat("looking up figures", looked_up.refresh, asyncio.Event(), every=LOOK_UP_EVERY)
    tasks = [asyncio.create_task(lag.run()), asyncio.create_task(looking_up)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(close)


def settling_figures(settle: SettleLoop) -> Iterator[Sample]:
    """A worker's settle loop."""
    counters = settle.counters
    yield Figure("signal_settled_total", counters.settled)
    yield Figure("signal_settle_flushes_total", counters.flushes)
    yield Figure("signal_settle_seconds_total", counters.seconds)
    yield Figure("signal_settle_backlog", settle.backlog)
    yield Figure("signal_lost_leases_total", counters.lost_chunks)
    yield Figure("signal_ambiguous_sends_total", counters.ambiguous)
    yield Figure("signal_resent_sends_total", counters.resent)


def rendering_figures(rendering: TimedRendering) -> Iterator[Sample]:
    """A worker's renderings, in powers of two."""
    counts = list(rendering.counts)
    low, high = _RENDERINGS.start, _RENDERINGS.stop
    between = [sum(counts[: low + 1]), *counts[low + 1 : high], sum(counts[high : LONGEST + 1])]
    bounds = [2**power / 1e9 for power in _RENDERINGS]
    yield Distribution("signal_render_seconds", (), cumulative(bounds, between), rendering.spent_ns / 1e9)
    yield Figure("signal_render_refused_total", rendering.refused)


def reconciler_figures(reconcile: Reconcile) -> Iterator[Sample]:
    """What the reconciler of this scheduler did."""
    for action, n in reconcile.actions.copy().items():
        yield Figure("signal_reconciler_actions_total", n, (action,))
