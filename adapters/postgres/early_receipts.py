"""Receipts that came before their message was settled, as the reconciler reads them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import CONNECTION_ERRORS
from adapters.postgres.engine import raw_connection
from application.ports.receipts import ReceiptItem
from domain.messaging.event import MessageEventType, Source
from domain.shared.errors import Unavailable

_NOTHING = UUID(int=0)


class PostgresEarlyReceipts:
    """Implements `application.ports.receipts.EarlyReceipts`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def page(self, after: UUID | None, limit: int) -> Sequence[ReceiptItem]:
        """Raise Unavailable when PostgreSQL cannot be reached."""
        try:
            async with raw_connection(self._engine) as connection:
                rows = await connection.fetch(
                    "SELECT id, message_id, event_type, source, occurred_at, reason,"
                    " metadata::text AS metadata FROM early_receipt"
                    " WHERE id > $1 ORDER BY id LIMIT $2",
                    after or _NOTHING,
                    limit,
                )
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away") from error
        return [
            ReceiptItem(
                event_id=row["id"],
                message_id=row["message_id"],
                event_type=MessageEventType(row["event_type"]),
                occurred_at=row["occurred_at"],
                source=Source(row["source"]),
                reason=row["reason"],
                metadata=json.loads(row["metadata"]) if row["metadata"] else {},
                kept=True,
            )
            for row in rows
        ]
