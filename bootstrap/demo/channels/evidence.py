"""The witnesses of a demo of all channels: what is stored, what the simulator received, and what the ledger charges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

import asyncpg
import attrs

from bootstrap.demo.channels.script import Due
from bootstrap.demo.channels.sending import Told
from bootstrap.demo.evidence import Ledger, Receipts, Seen, Stored
from domain.shared.channels import Channel, SubscriptionType

_PARENTS = """
SELECT id, type, parent_message_id FROM message WHERE application_id = $1 AND id >= $2
"""
_CHARGES = """
SELECT r.channel, sum(CASE e.kind WHEN 'settle' THEN e.n WHEN 'give_back' THEN -e.n ELSE 0 END)::int AS n,
       sum(CASE e.kind WHEN 'settle' THEN e.amount WHEN 'give_back' THEN -e.amount ELSE 0 END) AS amount
FROM ledger_entry e JOIN reservation r ON r.id = e.reservation_id
WHERE r.application_id = $1 GROUP BY r.channel
"""


@attrs.frozen
class Charge:
    """What one channel costs in the end: settled, less what was given back."""

    messages: int = 0
    amount: Decimal = Decimal(0)


@attrs.frozen
class Sent:
    """A stored message, and whom it was for."""

    stored: Stored
    type: SubscriptionType
    parent_id: UUID | None


@attrs.frozen
class ChannelEvidence:
    """Everything that the audit compares."""

    due: Sequence[Due]
    subscriptions: Mapping[UUID, tuple[str, SubscriptionType]]
    """Subscription → (person, type)."""
    told: Told
    messages: Sequence[Sent]
    early_receipts: int
    seen: Mapping[UUID, Seen]
    receipts: Receipts
    """Of the phones."""
    charges: Mapping[Channel, Charge]
    ledger: Ledger


async def read_parents(
    connection: asyncpg.Connection, application_id: UUID, since: UUID
) -> dict[UUID, tuple[SubscriptionType, UUID | None]]:
    """Message → (its type, what it is sent instead of)."""
    rows = await connection.fetch(_PARENTS, application_id, since)
    return {row["id"]: (SubscriptionType(row["type"]), row["parent_message_id"]) for row in rows}


async def read_charges(connection: asyncpg.Connection, application_id: UUID) -> dict[Channel, Charge]:
    """From the ledger's lines."""
    rows = await connection.fetch(_CHARGES, application_id)
    return {Channel(row["channel"]): Charge(row["n"], row["amount"]) for row in rows}
