"""Addresses in PostgreSQL, by blind index: what providers say of them, and the list of the suppressed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import committing
from adapters.postgres.engine import raw_connection
from adapters.postgres.suppressions import suppress
from adapters.postgres.token_faults import apply_codes, write_subscription_events
from application.ports.addresses import AddressChange, NewSuppression
from application.ports.identifiers import Identifiers
from domain.audience.subscription_event import ChangeSource, SubscriptionEventType
from domain.audience.suppression import SUPPRESSING, Suppression, SuppressionReason
from domain.shared.channels import Channel
from domain.shared.errors import NotFound

_SUBSCRIPTIONS = """
SELECT id, token_version FROM subscription
WHERE application_id = $1 AND type = $2 AND token_index = ANY($3::bytea[]) AND NOT is_archived ORDER BY id FOR UPDATE
"""
_CLEAR = """
UPDATE subscription s SET subscription_status = 1, subscribed_at = $4, unsubscribed_at = NULL, updated_at = $4
WHERE s.id IN (SELECT id FROM subscription WHERE application_id = $1 AND token_index = ANY($2::bytea[])
                 AND subscription_status = ANY($3::smallint[]) AND NOT is_archived ORDER BY id FOR UPDATE)
RETURNING s.id, s.user_id, s.application_id, s.type
"""
_LIFT = """
UPDATE suppression SET lifted_at = $4 WHERE application_id = $1 AND channel = $2 AND address_index = ANY($3::bytea[])
  AND lifted_at IS NULL AND created_at <= $4 AND ($5::text[] IS NULL OR reason = ANY($5)) RETURNING reason
"""
_STANDING = """
SELECT channel, address_index, reason, source, created_at FROM suppression
WHERE application_id = $1 AND channel = $2 AND address_index = ANY($3::bytea[]) AND lifted_at IS NULL
"""
_LIST = """
SELECT channel, address_index, reason, source, created_at FROM suppression
WHERE application_id = $1 AND lifted_at IS NULL AND ($2::smallint IS NULL OR channel = $2)
  AND ($3::timestamptz IS NULL OR (created_at, address_index) < ($3, $4::bytea))
  AND ($6::bytea[] IS NULL OR address_index = ANY($6))
ORDER BY created_at DESC, address_index DESC LIMIT $5
"""


class PostgresAddresses:
    """Implements `application.ports.addresses.Addresses` on the control engine."""

    def __init__(self, engine: AsyncEngine, identifiers: Identifiers) -> None:
        self._engine = engine
        self._identifiers = identifiers

    async def report(self, application_id: UUID, changes: Sequence[AddressChange], now: datetime) -> int:
        changed = 0
        for change in sorted(changes, key=lambda one: one.occurred_at):
            async with raw_connection(self._engine) as connection, committing(self._engine, connection):
                if change.code is not None:
                    changed += await self._set(connection, application_id, change, now)
                if change.clears:
                    changed += await self._clear(connection, application_id, change, now)
        return changed

    async def _set(
        self, connection: asyncpg.Connection, application_id: UUID, change: AddressChange, now: datetime
    ) -> int:
        assert change.code is not None
        reason = SUPPRESSING.get(change.code)
        channel = int(change.type.channel)
        if reason is not None:
            row = (
                application_id, channel, change.index, change.index_key_id, reason.value, "provider",
                change.occurred_at,
            )  # fmt: skip
            if not await suppress(connection, [row]):
                # Said before, or taken back since.
                return 0
        rows = await connection.fetch(_SUBSCRIPTIONS, application_id, int(change.type), list(change.indexes))
        faults = [(row["id"], change.code, row["token_version"], None, change.reason) for row in rows]
        return await apply_codes(connection, faults, now, self._identifiers) if faults else 0

    async def _clear(
        self, connection: asyncpg.Connection, application_id: UUID, change: AddressChange, now: datetime
    ) -> int:
        reasons = [SUPPRESSING[code].value for code in change.clears if code in SUPPRESSING]
        lifted = await connection.fetch(
            _LIFT, application_id, int(change.type.channel), list(change.indexes), change.occurred_at, reasons
        )
        if reasons and not lifted:
            return 0
        return await self._resubscribe(
            connection,
            application_id,
            change.indexes,
            change.clears,
            change.reason,
            ChangeSource.PROVIDER,
            now,
        )

    async def _resubscribe(
        self,
        connection: asyncpg.Connection,
        application_id: UUID,
        indexes: Sequence[bytes],
        codes: frozenset[int],
        reason: str,
        source: ChangeSource,
        now: datetime,
    ) -> int:
        rows = await connection.fetch(_CLEAR, application_id, list(indexes), sorted(codes), now)
        await write_subscription_events(
            connection, rows, SubscriptionEventType.SUBSCRIBED, source, reason, now, self._identifiers
        )
        return len(rows)

    async def suppress(self, application_id: UUID, new: NewSuppression, now: datetime) -> Suppression:
        row = (application_id, int(new.channel), new.index, new.index_key_id, new.reason.value, "api", now)
        try:
            async with raw_connection(self._engine) as connection, committing(self._engine, connection):
                standing = await connection.fetchrow(
                    _STANDING, application_id, int(new.channel), list(new.indexes)
                )
                if standing is None:
                    await suppress(connection, [row])
                    return Suppression(new.channel, new.index, new.reason, "api", now)
                return _suppression(standing)
        except asyncpg.ForeignKeyViolationError:
            raise NotFound("there is no such application") from None

    async def lift(
        self, application_id: UUID, channel: Channel, indexes: Sequence[bytes], now: datetime
    ) -> bool:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            rows = await connection.fetch(_LIFT, application_id, int(channel), list(indexes), now, None)
            lifted = {row["reason"] for row in rows}
            codes = frozenset(code for code, reason in SUPPRESSING.items() if reason.value in lifted)
            if codes:
                await self._resubscribe(
                    connection, application_id, indexes, codes, "suppression_lifted", ChangeSource.API, now
                )
        return bool(lifted)

    async def suppressions(
        self,
        application_id: UUID,
        *,
        channel: Channel | None,
        indexes: Sequence[bytes] | None,
        before: tuple[datetime, bytes] | None,
        limit: int,
    ) -> Sequence[Suppression]:
        async with raw_connection(self._engine) as connection:
            rows = await connection.fetch(
                _LIST,
                application_id,
                None if channel is None else int(channel),
                *(before or (None, None)),
                limit,
                None if indexes is None else list(indexes),
            )
        return [_suppression(row) for row in rows]


def _suppression(row: asyncpg.Record) -> Suppression:
    return Suppression(
        Channel(row["channel"]), bytes(row["address_index"]), SuppressionReason(row["reason"]), row["source"],
        row["created_at"],
    )  # fmt: skip
