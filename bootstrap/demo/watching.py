"""Waiting for the end: every message settled, every receipt in; with the counts to show meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from uuid import UUID

import asyncpg

from bootstrap.demo.evidence import Receipts, read_receipts
from bootstrap.demo.json_client import JsonClient
from domain.messaging.lifecycle import WAITING, Status

EVERY = 0.25
"""Seconds between two looks."""
QUIET_LOOKS = 2
"""Looks in a row that must find nothing left: what is on its way between two places is seen by the next."""

_COUNTS = """
SELECT count(*) AS stored,
       count(*) FILTER (WHERE status = ANY ($3::int[])) AS waiting,
       count(*) FILTER (WHERE status = ANY ($4::int[])) AS sent,
       count(*) FILTER (WHERE status = $5) AS failed,
       count(*) FILTER (WHERE attempts > 1) AS retried,
       count(received_at) AS received,
       count(converted_at) AS converted
FROM message WHERE application_id = $1 AND id >= $2
"""
_EARLY = "SELECT count(*) FROM early_receipt WHERE message_id >= $1"

Show = Callable[[Mapping[str, int]], None]


async def read_counts(connection: asyncpg.Connection, application_id: UUID, since: UUID) -> dict[str, int]:
    """How many messages are where; `sent` is cumulative."""
    delivered = [int(status) for status in (Status.SUCCESSFUL, Status.RECEIVED, Status.CONVERTED)]
    waiting = [int(status) for status in WAITING]
    row = await connection.fetchrow(_COUNTS, application_id, since, waiting, delivered, int(Status.FAILED))
    assert row is not None
    return dict(row)


async def until_settled(
    connection: asyncpg.Connection, application_id: UUID, since: UUID, accepted: int, show: Show
) -> None:
    """Return when no message waits any more. The caller bounds the time."""
    while True:
        counts = await read_counts(connection, application_id, since)
        show({"accepted": accepted, **counts})
        if not counts["waiting"]:
            return
        await asyncio.sleep(EVERY)


async def until_reported(
    connection: asyncpg.Connection,
    control: JsonClient,
    application_id: UUID,
    since: UUID,
    before: Receipts,
    show: Show,
) -> Receipts:
    """Return the receipts when every device has reported and everything reported is on its message."""
    quiet = 0
    while True:
        receipts = await read_receipts(control, before)
        counts = await read_counts(connection, application_id, since)
        early = await connection.fetchval(_EARLY, since)
        show(counts)
        done = not receipts.waiting and not early and counts["received"] >= receipts.received
        quiet = quiet + 1 if done else 0
        if quiet >= QUIET_LOOKS:
            return receipts
        await asyncio.sleep(EVERY)
