"""The three witnesses: what the caller was told, what PostgreSQL holds, what the simulator received."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
import attrs
import msgspec

from bootstrap.demo.devices import Registered
from bootstrap.demo.json_client import JsonClient
from bootstrap.demo.sending import Told
from domain.messaging.event import MessageEventType
from domain.messaging.lifecycle import Status

_MESSAGES = """
SELECT m.id, m.subscription_id, m.status, m.attempts, m.error_reason, m.received_at IS NOT NULL AS received,
       m.converted_at IS NOT NULL AS converted, s.subscription_status,
       s.total_messages_received AS total_received, s.total_messages_converted AS total_converted,
       EXISTS (SELECT 1 FROM message_retry r WHERE r.message_id = m.id) OR EXISTS (
           SELECT 1 FROM dispatch_chunk c WHERE c.id = m.chunk_id AND m.id = ANY (c.message_ids)) AS queued
FROM message m LEFT JOIN subscription s ON s.id = m.subscription_id
WHERE m.application_id = $1 AND m.id >= $2
"""
_EVENTS = """
SELECT e.message_id, array_agg(e.event_type ORDER BY e.occurred_at, e.id) AS types
FROM (
    SELECT message_id, event_type, occurred_at, id FROM message_event
    UNION ALL
    SELECT unnest(message_ids), 1, occurred_at, NULL FROM sent_batch
) e WHERE e.message_id = ANY ($1::uuid[]) AND e.message_id >= $2 GROUP BY e.message_id
"""
_EARLY = "SELECT count(*) FROM early_receipt WHERE message_id = ANY ($1::uuid[])"


@attrs.frozen
class Stored:
    """A message as PostgreSQL holds it, with its subscription's status and counters."""

    id: UUID
    subscription_id: UUID
    status: Status
    attempts: int
    error_reason: str | None
    received: bool
    converted: bool
    subscription_status: int | None
    total_received: int
    total_converted: int
    queued: bool
    """A chunk or a retry holds it: it will still be sent."""
    events: Sequence[MessageEventType] = ()


@attrs.frozen
class Seen:
    """What the simulator received of one message, over both providers."""

    requests: int
    accepted: int


@attrs.frozen
class Receipts:
    """Receipts that the simulator's devices reported and that our API took."""

    received: int
    converted: int
    refused: int
    """Rejected by the API, or given up."""
    waiting: int
    """Not reported yet."""


@attrs.frozen
class Ledger:
    """What `CheckLedger` answered for the application."""

    balanced: bool
    granted: int
    settled: int
    released: int
    findings: Sequence[str] = ()


@attrs.frozen
class Evidence:
    """Everything that the audit compares."""

    recipients: Sequence[Registered]
    told: Told
    stored: Mapping[UUID, Stored]
    early_receipts: int
    seen: Mapping[UUID, Seen]
    receipts: Receipts
    ledger: Ledger


async def read_stored(
    connection: asyncpg.Connection, application_id: UUID, since: UUID
) -> tuple[dict[UUID, Stored], int]:
    """Every message of the application from the id `since` on, and how many receipts wait for one of them."""
    rows = await connection.fetch(_MESSAGES, application_id, since)
    ids = [row["id"] for row in rows]
    histories = {row["message_id"]: row["types"] for row in await connection.fetch(_EVENTS, ids, since)}
    stored = {
        row["id"]: Stored(
            id=row["id"],
            subscription_id=row["subscription_id"],
            status=Status(row["status"]),
            attempts=row["attempts"],
            error_reason=row["error_reason"],
            received=row["received"],
            converted=row["converted"],
            subscription_status=row["subscription_status"],
            total_received=row["total_received"] or 0,
            total_converted=row["total_converted"] or 0,
            queued=row["queued"],
            events=tuple(MessageEventType(type_) for type_ in histories.get(row["id"], ())),
        )
        for row in rows
    }
    return stored, int(await connection.fetchval(_EARLY, ids))


async def read_seen(control: JsonClient, wanted: Sequence[UUID]) -> dict[UUID, Seen]:
    """What the simulator recorded of these messages."""
    answer = await control.call("GET", "/control/deliveries")
    lines = answer.body if isinstance(answer.body, bytes) else msgspec.json.encode(answer.body or {})
    ours = {str(one) for one in wanted}
    seen: dict[UUID, Seen] = {}
    for line in lines.splitlines():
        one = msgspec.json.decode(line)
        if one.get("message_id") not in ours:
            continue
        id_ = UUID(one["message_id"])
        before = seen.get(id_, Seen(0, 0))
        seen[id_] = Seen(before.requests + one["attempts"], before.accepted + one["accepted"])
    return seen


async def read_receipts(control: JsonClient, before: Receipts | None = None) -> Receipts:
    """The devices' counts, less what they were `before`."""
    counts = (await control.call("GET", "/control/stats")).body["receipts"]
    refused = counts["rejected"] + counts["failed"] + counts["dropped"] + counts["unknown_device"]
    start = before or Receipts(0, 0, 0, 0)
    return Receipts(
        received=counts["received"] - start.received,
        converted=counts["converted"] - start.converted,
        refused=refused - start.refused,
        waiting=counts["waiting"],
    )
