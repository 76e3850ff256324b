"""One scenario: a fresh application, 20,000 messages under way, something breaks at a drawn moment, and then the audit."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import attrs

from tests.chaos.audit import Audit, audit, settle_down
from tests.chaos.harness import WORKERS, Installation, Photograph, Tenant
from tests.chaos.traffic import Traffic
from tests.chaos.waiting import until
from tests.chaos.watch import Watch

MESSAGES = 20_000
"""Several times what may be released or leased of one queue: some wait, some are queued and some are sent, for seconds."""
SECONDS = 2.0
"""How long the client takes to hand its messages over, unless it is kept waiting."""
STUCK_AFTER = 60.0
"""Seconds without a settlement after which an installation counts as stuck. How long it took is told, not judged: it is the machine's, too."""
USUAL = {
    "latency": {"kind": "uniform", "low_ms": 5, "high_ms": 20},
    "dead_token_share": 0.02,
    "transient_share": 0.02,
}


SLOW: Mapping[str, Any] = {
    "messages": 2_000,
    "seconds": 0.3,
    "latency": {"kind": "uniform", "low_ms": 900, "high_ms": 1_100},
}
"""Few messages and slow providers: a worker has much in hand for a long time."""
_TAKEN_OVER = """
SELECT EXISTS (SELECT FROM dispatch_chunk c JOIN worker w ON w.incarnation = c.worker
               WHERE c.application_id = $1 AND c.state = 2 AND c.recoveries > 0 AND w.pid <> $2)
"""


NOTHING = Photograph(frozenset(), frozenset())


@attrs.define
class Run:
    """A scenario under way, in the hands of what breaks it."""

    installation: Installation
    tenant: Tenant
    traffic: Traffic
    watch: Watch
    chance: random.Random
    photograph: Photograph = NOTHING
    """What may be sent twice; only who kills or freezes a worker takes one."""
    broken_at: float = 0.0
    """time.monotonic() when it happened."""
    afterwards: Callable[[], None] = lambda: None
    """Puts the installation in order for the next scenario."""

    async def midway(self, low: float = 0.1, high: float = 0.6) -> None:
        """Wait until a drawn share of all messages is settled."""
        await self.watch.reaches(int(self.chance.uniform(low, high) * MESSAGES))

    async def caught(self, least: int = 100) -> str:
        """Wait until a worker has at least so many messages in hand, and answer which: who gets how much is chance."""
        connection = await self.installation.connect()
        busy: list[str] = []

        async def enough() -> bool:
            for label in WORKERS:
                self.installation.check_runs(label)
                if await self.installation.in_hand(label, connection) >= least:
                    busy.append(label)
            return bool(busy)

        try:
            await until(enough, within=20, every=0.005)
        finally:
            await connection.close()
        return busy[0]

    async def taken_over(self, pid: int) -> None:
        """Wait until another worker has leased something that this one had."""
        connection = await self.installation.connect()
        try:
            await until(lambda: connection.fetchval(_TAKEN_OVER, self.tenant.application_id, pid), within=20)
        finally:
            await connection.close()

    def broken(self) -> None:
        """Now."""
        self.broken_at = time.monotonic()


@attrs.frozen
class Result:
    """What a scenario came to; `shown` is what a report prints."""

    audit: Audit
    leased: int
    started: frozenset[UUID] = attrs.field(repr=False)
    recovery: float
    """The longest time in seconds, from the failure on, in which nothing was settled."""
    repeats: int
    replayed: int

    def unexplained(self) -> list[str]:
        """Everything that does not agree, or never went on."""
        found = self.audit.unexplained(self.started)
        if self.recovery > STUCK_AFTER:
            found.append(f"nothing was settled for {self.recovery:.1f} s")
        return found

    def __str__(self) -> str:
        audit = self.audit
        return (
            f"told {audit.told}, sent {audit.sent}, failed {audit.failed}, scheduled {audit.scheduled},"
            f" duplicates {len(audit.duplicates)} of at most {len(self.started)} started ({self.leased} leased),"
            f" recovery {self.recovery:.2f} s,"
            f" {self.repeats} requests repeated, {self.replayed} replayed"
        )


Break = Callable[[Run], Awaitable[None]]


async def play(
    installation: Installation,
    seed: int,
    break_it: Break,
    *,
    messages: int = MESSAGES,
    seconds: float = SECONDS,
    **behaviour: Any,
) -> Result:
    """Send, break, wait until nothing waits any more, audit. The result is printed with its seed."""
    began = time.monotonic()
    installation.play(seed=seed, **{**USUAL, **behaviour})
    tenant = await installation.tenant(messages, seed)
    await installation.ready()
    traffic = Traffic(
        installation.state.api_url, tenant.key, tenant.subscriptions, seed=seed, seconds=seconds
    )
    watch = Watch(installation.state.database_url, tenant.application_id)
    steps = {"tenant": time.monotonic() - began}
    async with watch, traffic:
        run = Run(installation, tenant, traffic, watch, random.Random(seed))
        await break_it(run)
        steps["broken"] = time.monotonic() - began
        told = await traffic.answered()
        steps["answered"] = time.monotonic() - began
        settled = await settle_down(installation, tenant)
        steps["settled"] = time.monotonic() - began
        # What was stopped starts while the audit looks: nothing is left for it to change.
        run.afterwards()
        await watch.caught_up()
        found = await audit(installation, tenant, told)
    if not settled:
        found.differences.append("not everything settled down in time")
    result = Result(
        found,
        len(run.photograph.leased),
        run.photograph.started,
        watch.longest_stall(run.broken_at) if run.broken_at else 0.0,
        told.repeats,
        told.replayed,
    )
    steps["audited"] = time.monotonic() - began
    timeline = ", ".join(f"{name} {seconds:.1f}" for name, seconds in steps.items())
    print(f"seed {seed}: {result}; {dict(told.trouble)}; {timeline}")
    for difference in result.unexplained():
        print(f"  {difference}")
    return result
