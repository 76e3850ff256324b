"""The audit: what the client was told, what PostgreSQL holds, and what the providers received must be one story."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from uuid import UUID

import asyncpg
import attrs

from domain.messaging.event import MessageEventType
from domain.messaging.lifecycle import Status
from tests.chaos.harness import Installation, Tenant
from tests.chaos.traffic import Told

SENT = frozenset({Status.SUCCESSFUL, Status.RECEIVED, Status.CONVERTED})
WAITING = frozenset({Status.PENDING, Status.ERRORED})
SETTLED_WITHIN = 45.0
SHOWN = 5


@attrs.define
class Audit:
    """Numbers of a scenario, and everything that does not agree."""

    told: int
    sent: int
    failed: int
    scheduled: int
    duplicates: frozenset[UUID] = attrs.field(repr=False)
    """Messages that the providers accepted more than once."""
    differences: list[str]

    def unexplained(self, allowed: Iterable[UUID] = ()) -> list[str]:
        """All differences, among them duplicates outside of those that the kill explains."""
        beyond = sorted(self.duplicates - frozenset(allowed))
        return self.differences + _some("sent twice without need", beyond)


async def settle_down(installation: Installation, tenant: Tenant, within: float = SETTLED_WITHIN) -> bool:
    """Wait until nothing that is due waits and every delta is folded; False when it does not come to that."""
    until = time.monotonic() + within
    connection = await installation.connect()
    try:
        while time.monotonic() < until:
            if not await connection.fetchval(_UNFINISHED, tenant.application_id):
                return True
            await asyncio.sleep(0.1)
    finally:
        await connection.close()
    return False


_UNFINISHED = """
SELECT EXISTS (SELECT FROM message WHERE application_id = $1 AND status IN (0, 3) AND (send_at IS NULL OR send_at <= now()))
    OR EXISTS (SELECT FROM stat_delta WHERE application_id = $1)
    OR EXISTS (SELECT FROM quota_delta WHERE application_id = $1)
    OR EXISTS (SELECT FROM early_receipt)
    OR EXISTS (SELECT FROM dispatch_chunk WHERE application_id = $1 AND state <> 0)
"""


async def audit(installation: Installation, tenant: Tenant, told: Told) -> Audit:
    """Compare the three; call it when everything has settled down."""
    connection = await installation.connect()
    try:
        rows = await connection.fetch(
            "SELECT id, status, sent_at, failed_at FROM message WHERE application_id = $1",
            tenant.application_id,
        )
        stored = {row["id"]: Status(row["status"]) for row in rows}
        received = installation.deliveries()
        differences = list(told.surprises)
        differences += _between(told, stored, received)
        differences += await _traces(connection, tenant.application_id, stored, told)
    finally:
        await connection.close()
    ledger = await installation.check_ledger(tenant.application_id)
    differences += [f"ledger: {finding}" for finding in ledger.findings[:SHOWN]]
    figures = await installation.check_figures(tenant.application_id)
    differences += [f"figures: {mismatch}" for mismatch in figures.mismatches[:SHOWN]]
    return Audit(
        told=len(told.accepted),
        sent=sum(status in SENT for status in stored.values()),
        failed=sum(status is Status.FAILED for status in stored.values()),
        scheduled=sum(status is Status.PENDING for status in stored.values()),
        duplicates=frozenset(id_ for id_, n in received.items() if n > 1),
        differences=differences,
    )


def _between(told: Told, stored: Mapping[UUID, Status], received: Mapping[UUID, int]) -> list[str]:
    """Message by message: nothing lost, nothing made up, and every status what the providers say it is."""
    found = _some("told accepted, not stored", told.accepted - stored.keys())
    found += _some("stored, never told", stored.keys() - told.accepted)
    found += _some("received by a provider, never told", received.keys() - told.accepted)
    waiting = {id_ for id_, status in stored.items() if status in WAITING}
    found += _some("due and not settled", waiting - told.scheduled)
    found += _some("scheduled and no longer waiting", told.scheduled - waiting)
    sent = {id_ for id_, status in stored.items() if status in SENT}
    accepted = {id_ for id_, n in received.items() if n}
    found += _some("lost: stored as sent, accepted by no provider", sent - accepted)
    found += _some("accepted by a provider, not stored as sent", accepted - sent)
    return found


async def _traces(
    connection: asyncpg.Connection, application_id: UUID, stored: Mapping[UUID, Status], told: Told
) -> list[str]:
    """What settling leaves behind: history and statistics of every outcome, an empty queue."""
    found: list[str] = []
    outcomes = {
        MessageEventType.SENT: {id_ for id_, status in stored.items() if status in SENT},
        MessageEventType.FAILED: {id_ for id_, status in stored.items() if status is Status.FAILED},
    }
    counted = await connection.fetch(
        "SELECT event_type, sum(n)::int AS n FROM stat_hourly WHERE application_id = $1 GROUP BY event_type",
        application_id,
    )
    statistics = {row["event_type"]: row["n"] for row in counted}
    for kind, ids in outcomes.items():
        rows = await connection.fetch(
            "SELECT DISTINCT message_id FROM (SELECT message_id, event_type FROM message_event"
            " UNION ALL SELECT unnest(message_ids), 1 FROM sent_batch) AS event"
            " WHERE event_type = $1 AND message_id = ANY($2::uuid[])",
            int(kind),
            list(stored),
        )
        recorded = {row["message_id"] for row in rows}
        found += _some(f"{kind.wire} without an event", ids - recorded)
        found += _some(f"event {kind.wire}, but another status", recorded - ids)
        if statistics.get(int(kind), 0) != len(ids):
            found.append(f"statistics count {statistics.get(int(kind), 0)} {kind.wire}, there are {len(ids)}")
    queued = await connection.fetch(
        "SELECT unnest(message_ids) AS id FROM dispatch_chunk WHERE application_id = $1", application_id
    )
    found += _some("queued though settled", {row["id"] for row in queued} - told.scheduled)
    found += _some("scheduled and in no chunk", told.scheduled - {row["id"] for row in queued})
    retries = await connection.fetch(
        "SELECT message_id FROM message_retry WHERE application_id = $1", application_id
    )
    found += _some("retry of a settled message", {row["message_id"] for row in retries})
    return found


def _some(what: str, ids: Iterable[UUID]) -> list[str]:
    listed = sorted(ids)
    return [f"{what}: {len(listed)}, as {[str(one) for one in listed[:SHOWN]]}"] if listed else []
