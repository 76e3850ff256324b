"""The demo from the first device to the last sum, against a stack that runs."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import attrs
from pydantic import SecretStr

from adapters.system.identifiers import Uuid7
from application.quota.commands import CheckLedgerCommand
from bootstrap.demo.application import NewApplication, bearer, create_application
from bootstrap.demo.audit import CHECKS, Audit, Check, Checking, audit
from bootstrap.demo.devices import CONCURRENCY, Fate, Registered, plan_devices, prefix, register_devices
from bootstrap.demo.evidence import Evidence, Ledger, Receipts, read_receipts, read_seen, read_stored
from bootstrap.demo.json_client import CallFailed, JsonClient, json_client
from bootstrap.demo.sending import Told, send_to_all
from bootstrap.demo.watching import Show, until_reported, until_settled
from bootstrap.node import open_node
from bootstrap.settings import Settings
from bootstrap.stack import StackState

RECEIVED_SHARE, CONVERTED_SHARE = 0.7, 0.2
UNAVAILABLE = {"APNS": "ServiceUnavailable", "FCM": "UNAVAILABLE"}
AUDIT_SECONDS = 120.0


class Screen(Protocol):
    """What shows the progress; `entrypoints.cli.demo_screen` draws it, JSON output does without."""

    def phase(self, name: str, total: int) -> None:
        """A new phase with so many steps."""

    def advance(self, done: int) -> None:
        """So many steps of the phase are done."""

    def counts(self, counts: Mapping[str, int]) -> None:
        """How many messages are where."""


@attrs.frozen
class Judgement:
    """What the audit goes by, and what is reported beside it."""

    evidence: Evidence
    checks: Mapping[str, Checking]
    figures: Mapping[str, object] = attrs.Factory(dict)


class Sending(Protocol):
    """How the devices are sent to: in batches, or by a campaign."""

    phase: str
    named: bool
    """Whether the devices have names to be addressed by."""

    async def send(self, api: JsonClient, recipients: Sequence[Registered]) -> Told:
        """`api` carries the application's key."""

    async def until_sent(
        self, connection: asyncpg.Connection, application_id: UUID, since: UUID, accepted: int, show: Show
    ) -> None:
        """Return when nothing is left to be sent."""

    async def judge(self, evidence: Evidence, control: JsonClient) -> Judgement:
        """Complete the evidence."""


class Batches:
    """Ten thousand recipients a call."""

    phase = "accept"
    named = False

    async def send(self, api: JsonClient, recipients: Sequence[Registered]) -> Told:
        return await send_to_all(api, recipients)

    async def until_sent(
        self, connection: asyncpg.Connection, application_id: UUID, since: UUID, accepted: int, show: Show
    ) -> None:
        await until_settled(connection, application_id, since, accepted, show)

    async def judge(self, evidence: Evidence, control: JsonClient) -> Judgement:
        return Judgement(evidence, CHECKS)


IN_BATCHES = Batches()


@attrs.frozen
class Finished:
    """The audit, how many seconds each phase took, and what else is to be reported."""

    audit: Audit
    phases: Mapping[str, float]
    application_id: str
    figures: Mapping[str, object] = attrs.Factory(dict)


@attrs.define
class Phases:
    """How long each phase takes, shown while it does."""

    screen: Screen
    seconds: dict[str, float] = attrs.field(factory=dict)

    @contextmanager
    def phase(self, name: str, total: int) -> Any:
        """Around the phase's work."""
        self.screen.phase(name, total)
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(time.monotonic() - started, 2)


async def run_demo(
    state: StackState,
    settings: Settings,
    recipients: int,
    seconds: float,
    screen: Screen,
    *,
    exclusive: bool,
    sending: Sending = IN_BATCHES,
) -> Finished:
    """Register, send, wait at most `seconds` for the end, audit.

    `exclusive`: the stack is ours alone, so its simulator may be told to check signatures. Raise CallFailed or
    TimeoutError; what does not add up is in the audit.
    """
    assert state.simulator_control is not None, "the demo needs the simulator"
    phases = Phases(screen)
    async with (
        json_client(state.api_url, connections=CONCURRENCY) as api,
        json_client(state.simulator_control, connections=4) as control,
        database(state.database_url) as connection,
    ):
        since = Uuid7().one()
        run = secrets.token_hex(4)
        with phases.phase("prepare", 1):
            operator = api.with_headers(bearer(state.operator_key))
            application = await create_application(operator, f"demo {run}")
            if exclusive and application.credentials is not None:
                await control.call("POST", "/control/keys", application.credentials.public_keys())
        async with playing(control, behaviour(run, state.api_url)):
            with phases.phase("register", recipients):
                devices = plan_devices(recipients, run, named=sending.named)
                registered = await register_devices(api, application.application_id, devices, screen.advance)
                enrolments = [one.enrolment(application.application_id) for one in registered]
                await control.call("POST", "/control/devices", enrolments)
            before = await read_receipts(control)
            with phases.phase(sending.phase, recipients):
                told = await sending.send(api.with_headers(bearer(application.api_key)), registered)
                screen.advance(told.accepted)
            in_time = await _wait(
                phases, connection, control, application, since, sending, told, before, seconds
            )
            with phases.phase("audit", 1):
                async with asyncio.timeout(AUDIT_SECONDS):
                    evidence = await gather(
                        connection, control, state, settings, application, since, registered, told, before
                    )
                    judgement = await sending.judge(evidence, control)
    result = audit(judgement.evidence, judgement.checks)
    if not in_time:
        late = Check("in_time", False, f"not everything was settled and reported after {seconds:.0f} s")
        result = attrs.evolve(result, checks=[*result.checks, late])
    return Finished(result, phases.seconds, application.application_id, judgement.figures)


async def _wait(
    phases: Phases,
    connection: asyncpg.Connection,
    control: JsonClient,
    application: NewApplication,
    since: UUID,
    sending: Sending,
    told: Told,
    before: Receipts,
    seconds: float,
) -> bool:
    """Whether everything was settled and reported in time."""
    id_ = UUID(application.application_id)
    show = phases.screen.counts
    try:
        async with asyncio.timeout(seconds):
            with phases.phase("deliver", told.accepted):
                await sending.until_sent(connection, id_, since, told.accepted, show)
            with phases.phase("receipts", told.accepted):
                await until_reported(connection, control, id_, since, before, show)
    except TimeoutError:
        return False
    return True


async def gather(
    connection: asyncpg.Connection,
    control: JsonClient,
    state: StackState,
    settings: Settings,
    application: NewApplication,
    since: UUID,
    registered: list[Registered],
    told: Told,
    before: Receipts,
) -> Evidence:
    """Ask all witnesses."""
    stored, early = await read_stored(connection, UUID(application.application_id), since)
    return Evidence(
        recipients=registered,
        told=told,
        stored=stored,
        early_receipts=early,
        seen=await read_seen(control, list(stored.keys() | set(told.message_ids))),
        receipts=await read_receipts(control, before),
        ledger=await read_ledger(state, settings, UUID(application.application_id)),
    )


async def read_ledger(state: StackState, settings: Settings, application_id: UUID) -> Ledger:
    """What the ledger's own proof says."""
    at = settings.model_copy(
        update={"database_url": SecretStr(state.database_url), "nats_url": SecretStr(state.nats_url)}
    )
    async with open_node(at, "command") as node:
        report = await node.use_cases.check_ledger()(CheckLedgerCommand(application_id=application_id))
    findings = [f"{one.rule.value} of {one.subject}: {one.expected} ≠ {one.found}" for one in report.findings]
    return Ledger(report.balanced, report.granted, report.settled, report.released, findings)


def behaviour(run: str, api_url: str) -> dict[str, Any]:
    """The script that the simulator plays: tokens of this run are dead or flaky by their prefix, the rest are well."""
    flaky = {"token_prefix": prefix(Fate.FLAKY, run), "attempts": 1, "retry_after": {"seconds": 1}}
    return {
        "latency": {"kind": "uniform", "low_ms": 5, "high_ms": 30},
        "dead_token_prefixes": [prefix(Fate.DEAD, run)],
        "rules": [{**flaky, "outcome": outcome} for outcome in UNAVAILABLE.values()],
        "receipts": {
            "url": api_url,
            "received_share": RECEIVED_SHARE,
            "converted_share": CONVERTED_SHARE,
            "delay_ms": 500,
        },
    }


@asynccontextmanager
async def playing(control: JsonClient, script: Mapping[str, Any]) -> AsyncIterator[None]:
    """Our behaviour during the block, afterwards the one from before."""
    before = (await control.call("GET", "/control/behaviour")).body
    await control.call("PUT", "/control/behaviour", script)
    try:
        yield
    finally:
        # It may be gone by now, and its behaviour with it.
        with suppress(CallFailed):
            await control.call("PUT", "/control/behaviour", before)


@asynccontextmanager
async def database(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to look at what is stored."""
    connection = await asyncpg.connect(url, timeout=10, command_timeout=60)
    try:
        yield connection
    finally:
        await connection.close(timeout=5)
