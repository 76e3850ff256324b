"""The installation under measurement: a durable stack in a folder of its own, tenants, load and meters."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from urllib.parse import urlsplit

import attrs

from bootstrap.bench.cpu import busy_seconds, resident_mb, tree_seconds
from bootstrap.bench.load import Job, Sender
from bootstrap.bench.tenant import Tenant
from bootstrap.bench.watch import Watch
from bootstrap.stack import Stack, StackState
from bootstrap.stack.role_process import ROOT

SAMPLE_SECONDS = 0.1
PARTS = ("python", "postgres", "nats", "simulator")
MACHINE = "machine"
"""Beside the parts: everything that ran, ours or not."""
POSTGRES_SETTINGS = {"track_commit_timestamp": "on"}
"""Tells when a message was really settled. Everything else is as `automata-signal up` has it."""
ENVIRONMENT = {"SIGNAL_RATE_LIMIT": "1000000", "SIGNAL_LOG_LEVEL": "WARNING"}
"""One key sends everything here."""


@attrs.define
class Peaks:
    """The most that was seen while something ran."""

    connections: int = 0
    rss_mb: dict[str, float] = attrs.Factory(dict)


@attrs.frozen
class LoadResult:
    """What the load generator tells."""

    accepted: int
    accepted_each: list[int]
    statuses: dict[str, int]
    started_at: float
    seconds: float
    cpu_seconds: float
    call_ms: list[float] = attrs.field(repr=False)

    @property
    def refused(self) -> dict[str, int]:
        """Calls that were not accepted, by HTTP status."""
        return {status: n for status, n in self.statuses.items() if status != "202"}


class Rig:
    """What every run measures with."""

    def __init__(self, stack: Stack, state: StackState, watch: Watch, mixed: Tenant, ios: Tenant) -> None:
        """`mixed`: half iOS, half Android; `ios`: what the baseline can send, too."""
        self.stack = stack
        self.state = state
        self.watch = watch
        self.mixed = mixed
        self.ios = ios
        self.peaks = Peaks()

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far, by part. `python` is the roles: api, worker, scheduler."""
        stack = self.stack
        assert stack.servers is not None and stack.simulator is not None  # noqa: PT018
        return {
            "python": tree_seconds([role.pid for role in stack.roles.values() if role.running]),
            "postgres": tree_seconds([stack.servers.postgres.pid or 0]),
            "nats": tree_seconds([stack.servers.nats.pid or 0]),
            "simulator": tree_seconds([stack.simulator.process.pid]),
            MACHINE: busy_seconds(),
        }

    def cpu_of_roles(self) -> dict[str, float]:
        """The same for each role."""
        return {name: tree_seconds([role.pid]) for name, role in self.stack.roles.items() if role.running}

    @contextlib.asynccontextmanager
    async def sampling(self) -> AsyncIterator[None]:
        """Keep `peaks` meanwhile."""
        task = asyncio.create_task(self._sample())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _sample(self) -> None:
        while True:
            for name, role in self.stack.roles.items():
                if role.running:
                    most = self.peaks.rss_mb
                    most[name] = max(most.get(name, 0.0), resident_mb(role.pid))
            self.peaks.connections = max(self.peaks.connections, await self.watch.connections())
            await asyncio.sleep(SAMPLE_SECONDS)

    def job(
        self,
        *tenants: Tenant,
        total: int,
        per_call: int,
        clients: int,
        rate: float | None = None,
        allow_partial: bool = False,
    ) -> Job:
        """A job for this stack's API."""
        at = urlsplit(self.state.api_url)
        assert at.hostname is not None and at.port is not None  # noqa: PT018
        return Job(
            host=at.hostname,
            port=at.port,
            senders=[_sender(one) for one in tenants],
            total=total,
            per_call=per_call,
            clients=clients,
            rate=rate,
            allow_partial=allow_partial,
        )

    async def load(
        self, job: Job, tell: Callable[[int], None], before: Callable[[], None] = lambda: None
    ) -> LoadResult:
        """Run a job in a process of its own; `before` is called when it is ready and the clock not yet started."""
        last: Mapping[str, object] = {}
        async with child("bootstrap.bench.load", json.dumps(attrs.asdict(job))) as lines:
            async for line in lines:
                if "ready" in line:
                    before()
                    lines.answer("go")
                elif "accepted" in line:
                    tell(int(str(line["accepted"])))
                last = line
        return _load_result(last["result"])


class Lines:
    """The JSON lines of a child, and the way back."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def answer(self, text: str) -> None:
        """Write one line to its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode() + b"\n")

    def __aiter__(self) -> Lines:
        return self

    async def __anext__(self) -> dict[str, object]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            code = await self._process.wait()
            if code:
                raise RuntimeError(f"a process of the bench ended with {code}; see its words above")
            raise StopAsyncIteration
        found: dict[str, object] = json.loads(line)
        return found


@contextlib.asynccontextmanager
async def child(module: str, first_line: str, *arguments: str) -> AsyncIterator[Lines]:
    """A Python process of the bench that reads one line and answers in JSON lines; killed when left early."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=64 * 1024 * 1024,
    )
    lines = Lines(process)
    try:
        lines.answer(first_line)
        yield lines
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _sender(tenant: Tenant) -> Sender:
    return Sender(api_key=tenant.api_key, subscription_ids=tenant.subscription_ids)


def _load_result(told: object) -> LoadResult:
    assert isinstance(told, dict)
    return LoadResult(
        accepted=sum(told["accepted"]),
        accepted_each=told["accepted"],
        statuses=told["statuses"],
        started_at=told["started_at"],
        seconds=told["seconds"],
        cpu_seconds=told["cpu_seconds"],
        call_ms=told["call_ms"],
    )
