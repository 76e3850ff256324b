"""Messages change state: one guarded update for all the outcomes of a settlement, in the order of their ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from adapters.postgres.engine import to_json
from adapters.postgres.partitions import leaves
from application.ports.chunk_settlement import Change, ChunkSettlement
from domain.messaging.lifecycle import Event, sources, target

Kind = tuple[Event, bool, str | None, str | None]
"""(event, whether an attempt was spent, reason, details as JSON): messages that share it are updated together."""

# One statement for all kinds, so that rows are locked once and in id order (the index scan follows the sorted array).
# Most messages of a flush share one kind: it stands in $3–$6; the others are listed with theirs in $7–$11.
_UPDATE = """
UPDATE {leaf} SET
    status = CASE WHEN id = ANY($7::uuid[]) THEN ($8::smallint[])[array_position($7::uuid[], id)] ELSE $3::smallint END,
    attempts = attempts + CASE WHEN id = ANY($7::uuid[]) THEN ($9::smallint[])[array_position($7::uuid[], id)] ELSE $4 END,
    error_reason = CASE WHEN id = ANY($7::uuid[]) THEN ($10::text[])[array_position($7::uuid[], id)] ELSE $5 END,
    error_details = CASE WHEN id = ANY($7::uuid[]) THEN ($11::jsonb[])[array_position($7::uuid[], id)] ELSE $6 END,
    sent_at = CASE WHEN ($3::smallint = 1) <> (id = ANY($12::uuid[])) THEN $13 ELSE sent_at END,
    failed_at = CASE WHEN ($3::smallint = 2) <> (id = ANY($14::uuid[])) THEN $13 ELSE failed_at END
WHERE id = ANY($1::uuid[]) AND status = ANY($2::smallint[])
RETURNING id
"""
_UPDATE_ALIKE = """
UPDATE {leaf} SET status = $3::smallint, attempts = attempts + $4, error_reason = $5, error_details = $6,
    sent_at = CASE WHEN $3::smallint = 1 THEN $7 ELSE sent_at END, failed_at = CASE WHEN $3::smallint = 2 THEN $7 ELSE failed_at END
WHERE id = ANY($1::uuid[]) AND status = ANY($2::smallint[])
RETURNING id
"""
_GUARD = sorted(
    int(status) for status in set(sources(Event.SEND)) & set(sources(Event.FAIL)) & set(sources(Event.ERROR))
)
"""Only waiting messages settle: what every kind of outcome may start from."""


async def change_messages(
    connection: asyncpg.Connection, settlements: Sequence[ChunkSettlement], now: datetime
) -> dict[UUID, Event]:
    """One guarded update per kind of change; answer what really changed."""
    kinds: dict[Kind, list[UUID]] = {}
    for settlement in settlements:
        for change in settlement.changes:
            kinds.setdefault(_kind(change), []).extend(change.message_ids)
    if not any(kinds.values()):
        return {}
    usual = max(kinds, key=lambda kind: len(kinds[kind]))
    events = {id_: kind[0] for kind, ids in kinds.items() for id_ in ids}
    event, attempted, reason, details = usual
    alike = (int(target(event)), int(attempted), reason, details)
    others = [(id_, kind) for kind, ids in kinds.items() if kind != usual for id_ in ids]
    rest = (
        [id_ for id_, _ in others],
        [int(target(kind[0])) for _, kind in others],
        [int(kind[1]) for _, kind in others],
        [kind[2] for _, kind in others],
        [kind[3] for _, kind in others],
        [id_ for id_, kind in others if (kind[0] is Event.SEND) != (event is Event.SEND)],
        now,
        [id_ for id_, kind in others if (kind[0] is Event.FAIL) != (event is Event.FAIL)],
    )
    changed: dict[UUID, Event] = {}
    for leaf, ids in leaves("message", sorted(events)):
        if others:
            rows = await connection.fetch(_UPDATE.format(leaf=leaf), ids, _GUARD, *alike, *rest)
        else:
            rows = await connection.fetch(_UPDATE_ALIKE.format(leaf=leaf), ids, _GUARD, *alike, now)
        changed.update([(id_, events[id_]) for (id_,) in rows])
    return changed


def _kind(change: Change) -> Kind:
    details = to_json(change.details) if change.details else None
    return change.event, change.attempted, change.reason, details
