"""What breaks: each function breaks one thing at a drawn moment, and mends what does not mend itself."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence

from tests.chaos.harness import WORKERS, ports_of
from tests.chaos.scenario import Run

OUTAGE = 0.2
"""Seconds that a killed process stays away before it is started again."""


async def nothing(run: Run) -> None:
    """A calm day."""
    await run.midway()
    run.broken()


async def all_workers_killed(run: Run) -> None:
    """kill -9 of both workers with messages in hand; they are back a moment later."""
    await run.midway()
    await run.caught()
    await _kill(run, WORKERS)
    await asyncio.sleep(OUTAGE)
    _start(run, WORKERS)


async def one_worker_killed(run: Run) -> None:
    """kill -9 of a worker with messages in hand: the other one takes over."""
    await run.midway()
    victim = await run.caught()
    await _kill(run, [victim])
    run.afterwards = lambda: _start(run, [victim])


async def _kill(run: Run, labels: Sequence[str]) -> None:
    victims = [run.installation.role(label) for label in labels]
    pids = [victim.pid for victim in victims]
    with run.installation.held("scheduler"):
        ports = [port for pid in pids for port in ports_of(pid)]
        run.broken()
        for victim in victims:
            victim.kill()
        run.photograph = await run.installation.photograph(pids, ports)


async def api_and_scheduler_killed(run: Run) -> None:
    """kill -9 of the API, started again a moment later, and then the same of the scheduler."""
    # While requests are under way: the client hands over for two seconds.
    await run.midway(0.02, 0.12)
    run.broken()
    for label in ("api", "scheduler"):
        run.installation.role(label).kill()
        await asyncio.sleep(OUTAGE)
        _start(run, [label])
        await run.midway(0.15, 0.3)


async def nats_killed_and_wiped(run: Run) -> None:
    """kill -9 of nats-server, started again on its data; later again, all that it stored is deleted, and it comes back empty."""
    installation = run.installation
    await run.midway(0.05, 0.2)
    run.broken()
    await asyncio.to_thread(installation.kill_server, installation.nats)
    await asyncio.sleep(OUTAGE)
    await asyncio.to_thread(installation.nats.start)
    await run.midway(0.3, 0.6)
    await asyncio.to_thread(installation.kill_server, installation.nats)
    installation.wipe_nats()
    await asyncio.to_thread(installation.nats.start)


async def postgres_killed(run: Run) -> None:
    """kill -9 of PostgreSQL's postmaster, started again a moment later."""
    await run.midway(0.1, 0.4)
    installation = run.installation
    run.broken()
    await asyncio.to_thread(installation.kill_server, installation.postgres)
    await asyncio.sleep(OUTAGE)
    await asyncio.to_thread(installation.postgres.start)


async def worker_drained(run: Run) -> None:
    """SIGTERM: the worker finishes or hands back what it has, and ends by itself."""
    await run.midway()
    label = await run.caught()
    victim = run.installation.role(label)
    run.broken()
    victim.ask_to_stop()
    code = await asyncio.to_thread(victim.wait, 25.0)
    assert code == 0, f"not drained within 25 s: exit code {code}"
    run.afterwards = lambda: _start(run, [label])


async def worker_frozen(run: Run) -> None:
    """SIGSTOP for three seconds, then SIGCONT: it keeps its leases, and nobody else may touch them."""
    await run.midway()
    victim = run.installation.role(await run.caught())
    run.broken()
    os.kill(victim.pid, signal.SIGSTOP)
    await asyncio.sleep(3.0)
    os.kill(victim.pid, signal.SIGCONT)


async def worker_frozen_and_taken_over(run: Run) -> None:
    """SIGSTOP, and PostgreSQL loses the worker's connections, as when a machine is suspended.

    Others take its leases over; while they are at it the worker wakes up and believes that they are its own.
    """
    installation = run.installation
    victim = installation.role(await run.caught(300))
    # Until some of what it has in hand was sent, and some of it waits.
    await asyncio.sleep(run.chance.uniform(0.1, 0.5))
    run.broken()
    with installation.held("scheduler"):
        ports = ports_of(victim.pid)
        os.kill(victim.pid, signal.SIGSTOP)
        # Longer than a worker trusts its last beat.
        await asyncio.sleep(5.5)
        await installation.disconnect(ports)
        # Only then: one of its statements may wait for a lock that another of its sessions holds, as frozen as itself.
        run.photograph = await installation.photograph([victim.pid], ports)
    await run.taken_over(victim.pid)
    os.kill(victim.pid, signal.SIGCONT)


def _start(run: Run, labels: Sequence[str]) -> None:
    for label in labels:
        run.installation.role(label).start()
