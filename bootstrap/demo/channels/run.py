"""The demo of all channels from the first registration to the last sum, against a stack that runs."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import asyncpg
import attrs

from adapters.channels.registry import channel_plugins
from adapters.system.identifiers import Uuid7
from bootstrap.demo.application import bearer
from bootstrap.demo.audit import Check
from bootstrap.demo.channels.accounts import Accounts, behaviour, open_accounts
from bootstrap.demo.channels.audit import ChannelAudit, audit_channels
from bootstrap.demo.channels.evidence import ChannelEvidence, Sent, read_charges, read_parents
from bootstrap.demo.channels.on_screen import show_all
from bootstrap.demo.channels.people import Audience, register
from bootstrap.demo.channels.script import PRICES, WELL, Due, due_messages, people
from bootstrap.demo.channels.sending import Told, send
from bootstrap.demo.devices import CONCURRENCY
from bootstrap.demo.evidence import Receipts, read_receipts, read_seen, read_stored
from bootstrap.demo.json_client import JsonClient, json_client
from bootstrap.demo.run import AUDIT_SECONDS, Phases, Screen, database, playing, read_ledger
from bootstrap.demo.watching import EVERY, QUIET_LOOKS, read_counts
from bootstrap.settings import Settings
from bootstrap.stack import StackState
from domain.messaging.lifecycle import Status
from domain.shared.channels import SubscriptionType

SILENCE = 20.0
"""Seconds without any change after which nothing more is to be expected."""


@attrs.frozen
class ChannelsFinished:
    """The audit, and how many seconds each phase took."""

    audit: ChannelAudit
    phases: Mapping[str, float]
    application_id: str


def installed_types() -> list[SubscriptionType]:
    """The subscription types that are installed here and that the demo has a script for."""
    served = {type_ for plugin in channel_plugins() for type_ in plugin.types}
    return [type_ for type_ in WELL if type_ in served]


async def run_channels_demo(
    state: StackState, settings: Settings, recipients: int, seconds: float, screen: Screen, *, exclusive: bool
) -> ChannelsFinished:
    """Register, send, wait at most `seconds` for the end, audit. Raise CallFailed or TimeoutError.

    `exclusive`: the stack is ours alone, so its simulator may be told to check signatures.
    """
    assert state.simulator_control is not None, "the demo needs the simulator"
    phases, types, run = Phases(screen), installed_types(), secrets.token_hex(4)
    everybody = people(recipients, run)
    due = list(due_messages(everybody, types))
    async with (
        json_client(state.api_url, connections=CONCURRENCY) as client,
        json_client(state.simulator_control, connections=4) as control,
        database(state.database_url) as connection,
    ):
        since = Uuid7().one()
        with phases.phase("prepare", 1):
            accounts = await _prepare(client.with_headers(bearer(state.operator_key)), state, run, types)
            if exclusive:
                await control.call("POST", "/control/keys", accounts.keys)
        api = client.with_headers(bearer(accounts.application.api_key))
        application_id = UUID(accounts.application.application_id)
        async with playing(control, behaviour(run, state.api_url, accounts)):
            with phases.phase("register", recipients):
                audience = await register(
                    client, api, str(application_id), everybody, types, run, screen.advance
                )
                enrolments = [one.enrolment(str(application_id)) for one in audience.phones]
                await control.call("POST", "/control/devices", enrolments)
            before = await read_receipts(control)
            with phases.phase("accept", recipients):
                told = await send(api, everybody, types)
                screen.advance(recipients)
            with phases.phase("deliver", len(due)):
                apps = asyncio.create_task(show_all(client, str(application_id), audience.apps))
                in_time = await _until_over(
                    connection, control, application_id, since, due, before, screen, seconds
                )
                await apps
            with phases.phase("audit", 1):
                async with asyncio.timeout(AUDIT_SECONDS):
                    found = await _gather(
                        connection,
                        control,
                        state,
                        settings,
                        application_id,
                        since,
                        due,
                        audience,
                        told,
                        before,
                    )
    result = audit_channels(found)
    if not in_time:
        late = Check("in_time", False, "not everything ended as scripted in time")
        result = attrs.evolve(result, checks=[*result.checks, late])
    return ChannelsFinished(result, phases.seconds, str(application_id))


async def _prepare(
    operator: JsonClient, state: StackState, run: str, types: Collection[SubscriptionType]
) -> Accounts:
    """The application with its accounts, and with prices, so that charges can be told by channel."""
    accounts = await open_accounts(operator, state.api_url, f"demo {run}", types)
    path = f"/v1/applications/{accounts.application.application_id}"
    prices = {channel.wire: str(price) for channel, price in PRICES.items()}
    await operator.call("PUT", f"{path}/quota/unit-prices", {"unit_prices": prices})
    return accounts


async def _until_over(
    connection: asyncpg.Connection,
    control: JsonClient,
    application_id: UUID,
    since: UUID,
    due: Sequence[Due],
    before: Receipts,
    screen: Screen,
    seconds: float,
) -> bool:
    """Whether everything came to the counts of the script; not when nothing moved for a while, or time is up."""
    ends = Counter(next(iter(one.fate.ends)) for one in due if len(one.fate.ends) == 1)
    reported = ends[Status.RECEIVED] + ends[Status.CONVERTED]
    last: tuple[object, ...] = ()
    quiet = 0
    loop = asyncio.get_running_loop()
    start = changed_at = loop.time()
    while loop.time() < start + seconds:
        counts = await read_counts(connection, application_id, since)
        receipts = await read_receipts(control, before)
        screen.counts({"accepted": counts["stored"], **counts})
        over = (
            counts["stored"] == len(due)
            and not counts["waiting"]
            and counts["failed"] == ends[Status.FAILED]
            and counts["received"] == reported + receipts.received
            and not receipts.waiting
        )
        quiet = quiet + 1 if over else 0
        if quiet >= QUIET_LOOKS:
            return True
        now = (*counts.values(), receipts)
        if now != last:
            last, changed_at = now, loop.time()
        elif loop.time() > changed_at + SILENCE:
            return False
        await asyncio.sleep(EVERY)
    return False


async def _gather(
    connection: asyncpg.Connection,
    control: JsonClient,
    state: StackState,
    settings: Settings,
    application_id: UUID,
    since: UUID,
    due: Sequence[Due],
    audience: Audience,
    told: Told,
    before: Receipts,
) -> ChannelEvidence:
    """Ask all witnesses."""
    stored, early = await read_stored(connection, application_id, since)
    parents = await read_parents(connection, application_id, since)
    return ChannelEvidence(
        due=due,
        subscriptions={id_: (one.external_id, type_) for (one, type_), id_ in audience.subscriptions.items()},
        told=told,
        messages=[Sent(one, *parents[id_]) for id_, one in stored.items()],
        early_receipts=early,
        seen=await read_seen(control, list(stored.keys() | set(told.message_ids))),
        receipts=await read_receipts(control, before),
        charges=await read_charges(connection, application_id),
        ledger=await read_ledger(state, settings, application_id),
    )
