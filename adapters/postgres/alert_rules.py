"""Figures for the rules, and their findings as rows: one open alert for one trouble, whoever finds it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres import alert_rules_sql as sql
from adapters.postgres.commit import CONNECTION_ERRORS, committing
from adapters.postgres.engine import raw_connection, to_json
from application.ports.alerting import Overview, Untold
from application.ports.identifiers import Identifiers
from domain.alerting.policy import Policy
from domain.alerting.rules import CampaignState, Figures, Finding, Rate, Usage, Waiting
from domain.applications.channel_state import Alert
from domain.shared.channels import Lane, SubscriptionType
from domain.shared.errors import Unavailable

SAMPLE_EVERY: Final = timedelta(seconds=55)
SAMPLES_KEPT: Final = timedelta(minutes=40)
RESOLVED_AFTER: Final = timedelta(minutes=2)
"""Not found for so long: over. What flickers stays one alert."""
LONG, SHORT = timedelta(minutes=15), timedelta(minutes=5)
SLACK: Final = timedelta(minutes=5)
"""A sample may be this much older than the window asks for; without one there is no rate, and no alert."""
LOCK: Final = 7_150_015

Counts = tuple[int, int, int]
Key = tuple[UUID, int, datetime]


class PostgresAlertRules:
    """Implements `application.ports.alerting.AlertRules`."""

    def __init__(self, engine: AsyncEngine, identifiers: Identifiers) -> None:
        self._engine = engine
        self._identifiers = identifiers

    async def sample(self, now: datetime) -> None:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK):
                return
            last = await connection.fetchval("SELECT max(at) FROM rate_sample")
            if last is None or now - last >= SAMPLE_EVERY:
                await connection.execute(sql.SAMPLE, now, now - LONG - SLACK)
                await connection.execute("DELETE FROM rate_sample WHERE at < $1", now - SAMPLES_KEPT)

    async def overview(self, now: datetime) -> Overview:
        try:
            async with raw_connection(self._engine) as connection, connection.transaction(readonly=True):
                await connection.execute("SET LOCAL statement_timeout = '10s'")
                return await _overview(connection, now)
        except (asyncpg.QueryCanceledError, *CONNECTION_ERRORS) as error:
            raise Unavailable("the figures for alerts cannot be read") from error

    async def policies(self) -> Mapping[UUID, Policy]:
        rows = await self._fetch("SELECT application_id, policy FROM alert_policy")
        return {row["application_id"]: Policy.from_json(_object(row["policy"])) for row in rows}

    async def keep(self, found: Mapping[UUID | None, Sequence[Finding]], now: datetime) -> int:
        every = [(application_id, one) for application_id, some in found.items() for one in some]
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK):
                return 0
            raised = await connection.fetch(
                sql.RAISE,
                self._identifiers.many(len(every)),
                [application_id for application_id, _ in every],
                [one.kind for _, one in every],
                [to_json(dict(one.detail)) for _, one in every],
                [one.severity for _, one in every],
                [one.fingerprint for _, one in every],
                now,
            )
            resolved = await connection.fetch(sql.RESOLVE, now - RESOLVED_AFTER, now)
        return sum(1 for row in raised if row["is_new"]) + len(resolved)

    async def untold(self, now: datetime) -> Sequence[Untold]:
        rows = await self._fetch(sql.UNTOLD, now - timedelta(days=1))
        return [
            Untold(
                Alert(
                    row["id"], row["application_id"], row["kind"], _object(row["detail"]), row["raised_at"],
                    row["resolved_at"], row["severity"], row["acknowledged_at"], row["acknowledged_by"],
                    row["escalation"],
                ),
                row["told"],
            )
            for row in rows
        ]  # fmt: skip

    async def note_told(self, alert_id: UUID, told: int) -> None:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            await connection.execute(sql.TOLD, alert_id, told)

    async def _fetch(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        try:
            async with raw_connection(self._engine) as connection:
                return list(await connection.fetch(statement, *arguments))
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away") from error


async def _overview(connection: asyncpg.Connection, now: datetime) -> Overview:
    long_rates = await _rates(connection, now, LONG)
    short_rates = await _rates(connection, now, SHORT)
    waiting: dict[UUID, list[Waiting]] = defaultdict(list)
    for row in await connection.fetch(sql.WAITING, now):
        route = Waiting(SubscriptionType(row["type"]).wire, Lane(row["lane"]).wire, row["seconds"])
        waiting[row["application_id"]].append(route)
    usage: dict[UUID, list[Usage]] = defaultdict(list)
    for row in await connection.fetch(sql.USAGE, now):
        window = Usage(row["kind"], row["starts_on"].isoformat(), row["used"], row["allowed"])
        usage[row["application_id"]].append(window)
    campaigns: dict[UUID, list[CampaignState]] = defaultdict(list)
    for row in await connection.fetch(sql.CAMPAIGNS, now):
        campaigns[row["application_id"]].append(
            CampaignState(
                row["id"], row["name"], row["is_failed"], row["failure_reason"], row["total_recipients"],
                row["successful_count"], row["failed_count"], row["rate"], row["seconds"],
            )
        )  # fmt: skip
    known = {*long_rates, *short_rates, *waiting, *usage, *campaigns}
    whole = await connection.fetchrow(sql.WHOLE, now)
    assert whole is not None
    figures = {
        id_: Figures(
            tuple(long_rates.get(id_, ())), tuple(short_rates.get(id_, ())), tuple(waiting[id_]), tuple(usage[id_]),
            tuple(campaigns[id_]),
        )
        for id_ in known
    }  # fmt: skip
    return Overview(figures, whole["workers"], whole["due"], whole["outbox"])


async def _rates(connection: asyncpg.Connection, now: datetime, window: timedelta) -> dict[UUID, list[Rate]]:
    """What happened since the sample that is as old as the window: hourly counters now, less the counters then."""
    then = await connection.fetchval(
        "SELECT max(at) FROM rate_sample WHERE at <= $1 AND at >= $2", now - window, now - window - SLACK
    )
    if then is None:
        return {}
    before = {_key(row): _counts(row) for row in await connection.fetch(sql.SAMPLED, then)}
    totals: dict[tuple[UUID, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in await connection.fetch(sql.COUNTED, then):
        was = before.get(_key(row), (0, 0, 0))
        total = totals[row["application_id"], row["type"]]
        for place, (after, earlier) in enumerate(zip(_counts(row), was, strict=True)):
            total[place] += max(0, after - earlier)
    found: dict[UUID, list[Rate]] = defaultdict(list)
    for (application_id, type_), (sent, failed, errored) in totals.items():
        found[application_id].append(Rate(SubscriptionType(type_).wire, sent, failed, errored))
    return found


def _key(row: asyncpg.Record) -> Key:
    return row["application_id"], row["type"], row["hour"]


def _counts(row: asyncpg.Record) -> Counts:
    return int(row["sent"]), int(row["failed"]), int(row["errored"])


def _object(value: Any) -> dict[str, Any]:
    return dict(value)
