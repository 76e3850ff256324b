"""Settling: everything that follows from a batch of outcomes, in one transaction, under the fence of each chunk.

Lock order: chunks by id, messages by id, subscriptions by id, the rest. A message changes only where its guard holds;
history, counters, ledger lines and retries are written only for ids that the guarded update returned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from adapters.postgres.engine import to_json
from adapters.postgres.message_changes import change_messages
from adapters.postgres.receipt_watch import watch_sent
from adapters.postgres.reservations import Movement, record_movements
from adapters.postgres.sent_batches import write_sent
from adapters.postgres.settled_events import write_events, write_statistics
from adapters.postgres.soft_faults import count_soft_faults, forget_soft_faults
from adapters.postgres.successors import finish_chunks
from adapters.postgres.token_faults import apply_environments, apply_faults, suspect_faults
from application.ports.chunk_settlement import ChunkSettlement, SettleReport
from application.ports.identifiers import Identifiers
from application.ports.provider_directory import ProviderDirectory
from domain.messaging.lifecycle import Event

_FENCE = """
SELECT id, fence FROM dispatch_chunk WHERE id = ANY($1::uuid[]) AND worker = $2 AND state = 2 ORDER BY id FOR UPDATE
"""
_MOVEMENT: Mapping[Event, str] = {Event.SEND: "settle", Event.FAIL: "release"}

_PAUSE = """
WITH paused AS (
    INSERT INTO channel_pause (application_id, type, reason, detail, credential_version, paused_at, provider)
    SELECT $1, $2, $3, $4, $5, $6, ($7::text[])[1]
    WHERE $5 = (SELECT coalesce(max(version), 0) FROM credential WHERE application_id = $1 AND provider = ANY($7::text[]))
    ON CONFLICT (application_id, type) DO NOTHING RETURNING application_id, type, reason
)
INSERT INTO alert (id, application_id, kind, detail, raised_at)
SELECT $8, application_id, 'channel_paused', jsonb_build_object('type', type, 'reason', reason), $6 FROM paused
"""


async def settle(
    connection: asyncpg.Connection,
    worker: UUID,
    settlements: Sequence[ChunkSettlement],
    now: datetime,
    identifiers: Identifiers,
    providers: ProviderDirectory,
) -> SettleReport:
    """Write the settlements whose fence still holds; answer the chunks whose fence was lost."""
    rows = await connection.fetch(_FENCE, sorted({one.chunk.id for one in settlements}), worker)
    fences = {row["id"]: row["fence"] for row in rows}
    held = [one for one in settlements if fences.get(one.chunk.id) == one.chunk.fence]
    lost = [one.chunk.id for one in settlements if fences.get(one.chunk.id) != one.chunk.fence]
    changed = await record_changes(connection, held, now, identifiers)
    await _end_claims(connection, held, now)
    await _pause_routes(connection, held, now, identifiers, providers)
    await finish_chunks(connection, held, now, identifiers)
    return SettleReport(lost=lost, written=len(changed))


async def record_changes(
    connection: asyncpg.Connection,
    settlements: Sequence[ChunkSettlement],
    now: datetime,
    identifiers: Identifiers,
) -> dict[UUID, Event]:
    """Messages and all that hangs on them: events, tokens, retries, ledger, statistics. Answer what changed."""
    changed = await change_messages(connection, settlements, now)
    await _write_token_faults(connection, settlements, changed, now, identifiers)
    await _write_retries(connection, settlements, changed)
    await _write_ledger(connection, settlements, changed, now, identifiers)
    await write_sent(connection, settlements, changed, now)
    await write_events(connection, settlements, changed, now, identifiers)
    await write_statistics(connection, settlements, changed, now)
    return changed


async def _write_token_faults(
    connection: asyncpg.Connection,
    settlements: Sequence[ChunkSettlement],
    changed: Mapping[UUID, Event],
    now: datetime,
    identifiers: Identifiers,
) -> None:
    faults = [(one.chunk, fault) for one in settlements for fault in one.token_faults]
    at_once = [(chunk, fault) for chunk, fault in faults if not fault.damage]
    suspected = [(chunk, fault) for chunk, fault in faults if fault.damage]
    if at_once:
        await apply_faults(connection, at_once, now, identifiers)
    if suspected:
        await suspect_faults(connection, suspected, now)
    soft = [fault for one in settlements for fault in one.soft_faults]
    if soft:
        await count_soft_faults(connection, soft, now, identifiers)
    healed = {id_ for one in settlements for id_ in one.healed}
    if healed:
        await forget_soft_faults(connection, healed)
    learnt = [environment for one in settlements for environment in one.environments]
    if learnt:
        await apply_environments(connection, learnt)
    await watch_sent(connection, settlements, changed)


async def _write_retries(
    connection: asyncpg.Connection, settlements: Sequence[ChunkSettlement], changed: Mapping[UUID, Event]
) -> None:
    rows = [
        (
            line.message_id, one.chunk.application_id, one.chunk.reservation_id, line.due_at, line.expires_at,
            int(one.chunk.channel), int(one.chunk.type), int(one.chunk.lane), one.chunk.campaign_id, one.chunk.wave,
        )
        for one in settlements
        for line in one.retries
        if line.message_id in changed
    ]  # fmt: skip
    if rows:
        await connection.copy_records_to_table(
            "message_retry",
            columns=(
                "message_id", "application_id", "reservation_id", "due_at", "expires_at", "channel", "type", "lane",
                "campaign_id", "wave",
            ),
            records=rows,
        )  # fmt: skip


async def _write_ledger(
    connection: asyncpg.Connection,
    settlements: Sequence[ChunkSettlement],
    changed: Mapping[UUID, Event],
    now: datetime,
    identifiers: Identifiers,
) -> None:
    movements: list[Movement] = []
    uncounted = set(changed)
    for one in settlements:
        counts: Counter[str] = Counter()
        for change in one.changes:
            kind = _MOVEMENT.get(change.event)
            if kind == "release" and one.charges_failures:
                kind = "settle"
            if kind is not None:
                mine = uncounted.intersection(change.message_ids)
                counts[kind] += len(mine)
                uncounted -= mine
        movements.extend(
            Movement(
                application_id=one.chunk.application_id,
                reservation_id=one.chunk.reservation_id,
                chunk_id=one.chunk.id,
                fence=one.chunk.fence,
                flush=one.flush,
                kind="settle" if kind == "settle" else "release",
                n=n,
            )
            for kind, n in counts.items()
            if n
        )
    if movements:
        await record_movements(connection, movements, now=now, entry_ids=identifiers.many)


async def _end_claims(
    connection: asyncpg.Connection, settlements: Sequence[ChunkSettlement], now: datetime
) -> None:
    """Claims end with a definite outcome; those of an unknown one wait for the reconciler (pipeline rule D5)."""
    ended = [id_ for one in settlements for id_ in one.unclaimed]
    if ended:
        await connection.execute("DELETE FROM send_claim WHERE message_id = ANY($1::uuid[])", ended)
    unknown = [id_ for one in settlements for id_ in one.unknown]
    if unknown:
        await connection.execute(
            "UPDATE send_claim SET unknown_at = $2 WHERE message_id = ANY($1::uuid[]) AND unknown_at IS NULL",
            unknown,
            now,
        )


async def _pause_routes(
    connection: asyncpg.Connection,
    settlements: Sequence[ChunkSettlement],
    now: datetime,
    identifiers: Identifiers,
    providers: ProviderDirectory,
) -> None:
    """Pause a route only if the faulty credential is the current one: a newer one may already be in place."""
    for one in settlements:
        if one.pause is None:
            continue
        await connection.execute(
            _PAUSE,
            one.chunk.application_id,
            int(one.chunk.type),
            one.pause.reason,
            to_json(dict(one.pause.details)),
            one.pause.credential_version or 0,
            now,
            providers.serving(one.chunk.type) if one.pause.provider is None else [one.pause.provider],
            identifiers.one(),
        )
