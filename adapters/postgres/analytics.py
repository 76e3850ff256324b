"""Figures read: hourly roll-ups and the deltas that wait to be added, in one snapshot, in slices and by the calendar asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import CONNECTION_ERRORS
from adapters.postgres.engine import raw_connection
from adapters.postgres.recount import recount
from application.ports.analytics import (
    CountRow,
    InactiveRow,
    OpenTimes,
    Recount,
    Slice,
    SubscriptionRow,
    UsageRow,
)
from domain.analytics.dimension import Dimension, Value, types_of
from domain.analytics.period import Period
from domain.messaging.event import MessageEventType
from domain.shared.channels import SubscriptionType
from domain.shared.errors import CountTimedOut, Unavailable

TIMEOUT_MS: Final = 10_000
RECOUNT_TIMEOUT_MS: Final = 3_600_000
_KINDS: Final = tuple(MessageEventType)
_COLUMN: Final[Mapping[Dimension, str]] = {
    Dimension.TYPE: "type",
    Dimension.PROVIDER: "provider",
    Dimension.CAMPAIGN: "campaign_id",
    Dimension.TEMPLATE: "template_id",
    Dimension.COUNTRY: "country",
    Dimension.APP_VERSION: "app_version",
    Dimension.REASON: "reason",
}
_SUMS: Final = ", ".join(
    f"coalesce(sum(n) FILTER (WHERE event_type = {int(kind)}), 0)::bigint" for kind in _KINDS
)
_ROWS: Final = " UNION ALL ".join(
    f"SELECT hour, type, event_type, campaign_id, template_id, provider, country, app_version, reason, open_class, n, seconds"  # noqa: S608
    f" FROM {table} WHERE application_id = $1 AND hour >= $2 AND hour < $3"
    for table in ("stat_hourly", "stat_delta")
)
_TOTAL_ROWS: Final = (
    "SELECT hour, type, event_type, n FROM stat_total WHERE application_id = $1 AND hour >= $2 AND hour < $3"
    " UNION ALL SELECT hour, type, event_type, n FROM stat_delta WHERE application_id = $1 AND hour >= $2 AND hour < $3"
)
_KEPT_IN_TOTALS: Final = {Dimension.CHANNEL, Dimension.TYPE}
_SUBSCRIPTIONS: Final = """
SELECT width_bucket(hour, $4::timestamptz[]) AS bucket, channel, event_type, reason, sum(n)::bigint AS n FROM (
    SELECT hour, channel, event_type, reason, n FROM subscription_stat
    WHERE application_id = $1 AND hour >= $2 AND hour < $3
    UNION ALL
    SELECT hour, channel, event_type, reason, n FROM subscription_delta
    WHERE application_id = $1 AND hour >= $2 AND hour < $3) row
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
_SUBSCRIBED: Final = """
SELECT type, count(*) AS n, count(*) FILTER (WHERE subscription_status >= 1) AS reachable
FROM subscription WHERE application_id = $1 AND NOT is_archived GROUP BY type
"""
_USAGE: Final = """
SELECT width_bucket(e.created_at, $4::timestamptz[]) AS bucket, r.channel, e.kind, e.currency, sum(e.n)::bigint AS n,
       sum(e.amount) AS amount
FROM ledger_entry e JOIN reservation r ON r.id = e.reservation_id
WHERE e.application_id = $1 AND e.created_at >= $2 AND e.created_at < $3
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
_INACTIVE: Final = """
SELECT date_trunc('month', created_at, $4) AS month, type,
       CASE WHEN last_active_at IS NOT NULL
            THEN width_bucket(extract(epoch FROM $2 - last_active_at)::float8 / 86400, $3::float8[]) END AS class,
       count(*) AS n, count(*) FILTER (WHERE subscription_status >= 1) AS reachable
FROM subscription WHERE application_id = $1 AND NOT is_archived AND type = ANY($5::smallint[])
GROUP BY 1, 2, 3
"""
_NAMES: Final[Mapping[Dimension, str]] = {
    Dimension.CAMPAIGN: "SELECT id, name FROM campaign WHERE application_id = $1 AND id = ANY($2::uuid[])",
    Dimension.TEMPLATE: "SELECT id, name FROM template WHERE application_id = $1 AND id = ANY($2::uuid[])",
}
_DEVICE_TYPES: Final = [
    int(one)
    for one in (
        SubscriptionType.IOS_PUSH,
        SubscriptionType.ANDROID_PUSH,
        SubscriptionType.IN_APP_MESSAGE,
    )
]


class PostgresAnalytics:
    """Implements `application.ports.analytics.Analytics` on the control engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def counts(self, wanted: Slice, *, limit: int) -> Sequence[CountRow]:
        buckets = wanted.period.buckets()
        values, conditions = _filters(wanted, first=5)
        names = [f"group_{at}" for at in range(len(wanted.group_by))]
        inner = [
            f"{_column(dimension)} AS {name}" for dimension, name in zip(wanted.group_by, names, strict=True)
        ]
        if wanted.by_bucket:
            bucket, inner = "width_bucket(hour, $4::timestamptz[])", ["hour", *inner]
        else:
            bucket = "cardinality($4::timestamptz[])"
        groups = ", ".join(str(at) for at in range(1, len(names) + 2))
        order = groups if wanted.by_bucket else f"sum(n) DESC, {groups}"
        # Added up by what is asked for first, and spread over columns then: a row is touched by one sum, not by twelve.
        summed = (
            f"SELECT {', '.join([*inner, 'event_type'])}, sum(n)::bigint AS n FROM ({_rows(wanted)}) row"  # noqa: S608 - names
            f" WHERE {conditions} GROUP BY {', '.join(str(at) for at in range(1, len(inner) + 2))}"
        )
        statement = (
            f"SELECT {', '.join([bucket, *names])}, {_SUMS} FROM ({summed}) AS summed"  # noqa: S608 - names
            f" GROUP BY {groups} ORDER BY {order} LIMIT {limit + 1}"
        )
        async with self._reading() as connection:
            rows = await connection.fetch(statement, *_span(wanted), buckets, *values)
        width = len(names) + 1
        return [
            CountRow(
                buckets[row[0] - 1] if wanted.by_bucket else None,
                tuple(row[1:width]),
                dict(zip(_KINDS, row[width:], strict=True)),
            )
            for row in map(tuple, rows)
        ]

    async def open_times(self, wanted: Slice) -> Mapping[tuple[Value, ...], OpenTimes]:
        values, conditions = _filters(wanted, first=4)
        columns = [_column(dimension) for dimension in wanted.group_by]
        groups = ", ".join(str(at) for at in range(1, len(columns) + 2))
        statement = (
            f"SELECT {', '.join([*columns, 'open_class'])}, sum(n)::bigint, sum(seconds) FROM ({_ROWS}) row"  # noqa: S608 - names
            f" WHERE event_type = {int(MessageEventType.CONVERTED)} AND open_class > 0 AND {conditions} GROUP BY {groups}"
        )
        async with self._reading() as connection:
            rows = await connection.fetch(statement, *_span(wanted), *values)
        found: dict[tuple[Value, ...], OpenTimes] = {}
        for *group, number, n, seconds in rows:
            before = found.get(tuple(group), OpenTimes({}, 0, 0.0))
            found[tuple(group)] = OpenTimes(
                {**before.classes, number: n}, before.timed + n, before.seconds + seconds
            )
        return found

    async def names(
        self, application_id: UUID, dimension: Dimension, ids: Collection[UUID]
    ) -> Mapping[UUID, str]:
        async with self._reading() as connection:
            rows = await connection.fetch(_NAMES[dimension], application_id, list(ids))
        return {row["id"]: row["name"] for row in rows}

    async def subscriptions(self, application_id: UUID, period: Period) -> Sequence[SubscriptionRow]:
        buckets = period.buckets()
        async with self._reading() as connection:
            rows = await connection.fetch(_SUBSCRIPTIONS, application_id, period.since, period.until, buckets)
        return [SubscriptionRow(buckets[at - 1], *rest) for at, *rest in rows]

    async def subscribed(self, application_id: UUID) -> Mapping[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = {}
        async with self._reading() as connection:
            rows = await connection.fetch(_SUBSCRIBED, application_id)
        for type_, n, reachable in rows:
            channel = SubscriptionType(type_).channel.wire
            before = found.get(channel, (0, 0))
            found[channel] = (before[0] + n, before[1] + reachable)
        return found

    async def usage(self, application_id: UUID, period: Period) -> Sequence[UsageRow]:
        buckets = period.buckets()
        async with self._reading() as connection:
            rows = await connection.fetch(_USAGE, application_id, period.since, period.until, buckets)
        return [UsageRow(buckets[at - 1], *rest) for at, *rest in rows]

    async def inactive(
        self, application_id: UUID, now: datetime, bounds: Sequence[int], zone: str
    ) -> Sequence[InactiveRow]:
        lower = (0, *bounds)
        async with self._reading() as connection:
            rows = await connection.fetch(
                _INACTIVE, application_id, now, [float(one) for one in bounds], zone, _DEVICE_TYPES
            )
        return [
            InactiveRow(month, type_, None if at is None else lower[at], n, reachable)
            for month, type_, at, n, reachable in rows
        ]

    async def recount(self, application_id: UUID | None) -> Recount:
        async with self._reading(RECOUNT_TIMEOUT_MS) as connection:
            return await recount(connection, application_id)

    @asynccontextmanager
    async def _reading(self, milliseconds: int = TIMEOUT_MS) -> AsyncIterator[asyncpg.Connection]:
        """One snapshot, planned for its own parameters, stopped when it takes too long."""
        try:
            async with raw_connection(self._engine) as connection:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    await connection.execute(
                        f"SET LOCAL statement_timeout = {milliseconds}; SET LOCAL plan_cache_mode = force_custom_plan"
                    )
                    yield connection
        except asyncpg.QueryCanceledError as error:
            raise CountTimedOut(
                f"counting took longer than {milliseconds // 1000} seconds",
                field="since",
                fix="ask for a shorter time, or again when less is going on",
            ) from error
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away") from error


def _span(wanted: Slice) -> tuple[UUID, datetime, datetime]:
    return wanted.application_id, wanted.period.since, wanted.period.until


def _rows(wanted: Slice) -> str:
    """Without the dimensions that nobody asks for there are far fewer."""
    return _TOTAL_ROWS if {*wanted.group_by, *wanted.filters} <= _KEPT_IN_TOTALS else _ROWS


def _column(dimension: Dimension) -> str:
    if dimension is not Dimension.CHANNEL:
        return _COLUMN[dimension]
    cases = " ".join(f"WHEN {int(type_)} THEN {int(type_.channel)}" for type_ in SubscriptionType)
    return f"CASE type {cases} END"


def _filters(wanted: Slice, *, first: int) -> tuple[list[object], str]:
    """Values, and SQL over fixed column names that refers to them from `$first` on; a value is never SQL."""
    values: list[object] = []
    conditions = ["true"]
    for number, (dimension, value) in enumerate(wanted.filters.items(), first):
        if dimension is Dimension.CHANNEL:
            conditions.append(f"type = ANY(${number}::smallint[])")
            values.append(types_of(int(str(value))))
        else:
            conditions.append(f"{_COLUMN[dimension]} = ${number}")
            values.append(value)
    if wanted.events:
        conditions.append(f"event_type IN ({', '.join(str(int(one)) for one in wanted.events)})")
    return values, " AND ".join(conditions)
