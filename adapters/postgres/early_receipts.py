"""Receipts that came before their message was settled, as the reconciler reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import CONNECTION_ERRORS
from adapters.postgres.engine import raw_connection
from application.ports.receipts import Effects, ReceiptItem
from domain.messaging.event import MessageEventType, Source
from domain.messaging.outcome import SoftFault
from domain.shared.channels import SubscriptionType
from domain.shared.errors import Unavailable
from domain.shared.json_values import Json

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
                    " metadata::text AS metadata, effects FROM early_receipt"
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
                effects=None if row["effects"] is None else _effects_from(row["effects"]),
            )
            for row in rows
        ]


def effects_to_json(effects: Effects) -> dict[str, Json]:
    """What is kept of a report's effects until its message is settled."""
    soft = effects.soft
    return {
        "code": effects.code,
        "soft": None if soft is None else [soft.code, soft.times],
        "clears": list(effects.clears),
        "gives_back": effects.gives_back,
        "indexes": [index.hex() for index in effects.indexes],
        "types": [int(type_) for type_ in effects.types],
    }


def _effects_from(kept: Mapping[str, Any]) -> Effects:
    return Effects(
        code=kept["code"],
        soft=None if kept["soft"] is None else SoftFault(*kept["soft"]),
        clears=frozenset(kept["clears"]),
        gives_back=kept["gives_back"],
        indexes=[bytes.fromhex(index) for index in kept["indexes"]],
        types=frozenset(map(SubscriptionType, kept["types"])),
    )
