"""What one transaction of receipts writes: transitions, events, counters, ledger lines, statistics and outbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Literal
from uuid import UUID

import asyncpg
import attrs

from adapters.postgres.early_receipts import effects_to_json
from adapters.postgres.engine import to_json
from adapters.postgres.partitions import leaves
from adapters.postgres.receipt_events import write_events
from adapters.postgres.receipt_watch import watch_proven
from adapters.postgres.report_effects import apply_effects
from adapters.postgres.reservations import Movement, record_movements
from adapters.postgres.soft_faults import forget_soft_faults
from application.ports.identifiers import Identifiers
from application.ports.receipts import EventLine, Moved, ReceiptItem, ReceiptPlan
from domain.messaging.lifecycle import Event, sources, target

_SETS = {
    Event.SEND: (
        "sent_at = coalesce(sent_at, new.at), attempts = greatest(attempts, 1::smallint),"
        " error_reason = NULL, error_details = NULL"
    ),
    Event.FAIL: (
        "failed_at = new.at, error_reason = $5::jsonb ->> id::text, error_details = $6::jsonb -> id::text"
    ),
    Event.RECEIVE: "received_at = coalesce(received_at, new.at)",
    Event.CONVERT: "received_at = coalesce(received_at, new.at), converted_at = new.at",
}
_RETURNING = frozenset({Event.SEND, Event.FAIL})
# A leaf is named, so the join locks no other; its rows are locked already.
_MOVE = {
    event: (
        f"UPDATE {{leaf}} AS message SET status = $4, {assignments}"  # noqa: S608
        " FROM unnest($1::uuid[], $2::timestamptz[]) AS new (key, at)"
        " WHERE id = new.key AND status = ANY($3::smallint[])"
        + (" RETURNING id, application_id, reservation_id, type, expires_at" if event in _RETURNING else "")
    )
    for event, assignments in _SETS.items()
}
_TOUCH = """
UPDATE subscription SET total_messages_received = total_messages_received + $2,
    total_messages_converted = total_messages_converted + $3, last_active_at = greatest(last_active_at, $4),
    last_received_at = greatest(last_received_at, ($5::jsonb ->> id::text)::timestamptz),
    last_converted_at = greatest(last_converted_at, ($6::jsonb ->> id::text)::timestamptz)
WHERE id = ANY($1::uuid[])
"""
_EARLY = """
INSERT INTO early_receipt (id, message_id, event_type, source, occurred_at, recorded_at, reason, metadata, effects)
SELECT id, message_id, event_type, source, occurred_at, $9, reason, metadata, effects
FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::smallint[], $5::timestamptz[], $6::text[], $7::jsonb[], $8::jsonb[])
     AS row (id, message_id, event_type, source, occurred_at, reason, metadata, effects)
ON CONFLICT (id) DO NOTHING
"""
_HEARD = """
SELECT id, country_code, app_version FROM subscription WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""
Device = tuple[str | None, str | None]
"""Country and app version."""


@attrs.frozen(slots=True)
class Heard:
    """What a transaction of receipts learnt."""

    fresh: Sequence[EventLine]
    """Events that were not known before."""
    devices: Mapping[UUID, Device]
    """Of the subscriptions that were heard from."""


async def write_plan(
    connection: asyncpg.Connection,
    plan: ReceiptPlan,
    now: datetime,
    identifiers: Identifiers,
    *,
    trusting: bool = True,
) -> Heard:
    """Write everything in the lock order message → subscription → the rest; the messages are locked already.

    `trusting`: events that the plan takes to be the first of their kind are not looked for. Raise UniqueViolationError
    when one was there all the same.
    """
    sent: list[asyncpg.Record] = []
    failed: list[asyncpg.Record] = []
    for event, moves in plan.moves.items():
        moved = await _move(connection, event, moves, plan)
        if event is Event.SEND:
            sent = moved
        elif event is Event.FAIL:
            failed = moved
    devices = await _touch_subscriptions(connection, plan, now)
    if sent:
        proven = [row["id"] for row in sent]
        await connection.execute("DELETE FROM message_retry WHERE message_id = ANY($1::uuid[])", proven)
        await connection.execute("DELETE FROM send_claim WHERE message_id = ANY($1::uuid[])", proven)
        await settle_reservations(connection, sent, "settle", now, identifiers)
        await watch_proven(connection, sent)
    given_back = [row for row in failed if row["id"] in plan.given_back]
    if given_back:
        await settle_reservations(connection, given_back, "give_back", now, identifiers)
    fresh = await write_events(connection, plan.events, now, trusting=trusting)
    await apply_effects(connection, fresh, now, identifiers)
    if plan.healed:
        await forget_soft_faults(connection, plan.healed)
    if plan.early:
        await _keep(connection, plan.early, now)
    if plan.done:
        await connection.execute("DELETE FROM early_receipt WHERE id = ANY($1::uuid[])", plan.done)
    return Heard(fresh, devices)


async def _move(
    connection: asyncpg.Connection, event: Event, moves: list[Moved], plan: ReceiptPlan
) -> list[asyncpg.Record]:
    """Apply one transition to locked rows, whose guard must agree; answer the rows of a SEND or FAIL, which are booked."""
    if not moves:
        return []
    moves.sort(key=_message_id)
    moved: list[asyncpg.Record] = []
    guard, start = [int(status) for status in sources(event)], 0
    for leaf, some in leaves("message", [message.id for message, _ in moves]):
        times = [when for _, when in moves[start : start + len(some)]]
        start += len(some)
        values = (some, times, guard, int(target(event)))
        if event in _RETURNING:
            told = _explanations(some, plan) if event is Event.FAIL else ()
            rows = await connection.fetch(_MOVE[event].format(leaf=leaf), *values, *told)
            moved.extend(rows)
            changed = len(rows)
        else:
            done = await connection.execute(_MOVE[event].format(leaf=leaf), *values)
            changed = int(done.rpartition(" ")[2])
        assert changed == len(some), f"{len(some) - changed} locked messages refused {event.wire}"
    return moved


def _message_id(moved: Moved) -> UUID:
    return moved[0].id


def _explanations(some: Sequence[UUID], plan: ReceiptPlan) -> tuple[str, str]:
    reasons = {str(id_): plan.fail_reasons[id_] for id_ in some}
    details = {str(id_): plan.fail_details[id_] for id_ in some if plan.fail_details.get(id_)}
    return to_json(reasons), to_json(details)


async def settle_reservations(
    connection: asyncpg.Connection,
    moved: Iterable[asyncpg.Record],
    kind: Literal["settle", "release", "give_back"],
    now: datetime,
    identifiers: Identifiers,
) -> None:
    """One ledger line per reservation of the messages that moved, under a batch id of its own."""
    counts = Counter((row["application_id"], row["reservation_id"]) for row in moved)
    batch = identifiers.one()
    movements = [
        Movement(
            application_id=application_id,
            reservation_id=reservation_id,
            chunk_id=batch,
            fence=0,
            flush=0,
            kind=kind,
            n=n,
        )
        for (application_id, reservation_id), n in sorted(counts.items())
    ]
    await record_movements(connection, movements, now=now, entry_ids=identifiers.many)


async def _touch_subscriptions(
    connection: asyncpg.Connection, plan: ReceiptPlan, now: datetime
) -> dict[UUID, Device]:
    """Counters and last activity, one statement per distinct pair of increments, rows locked in id order first."""
    if not plan.active:
        return {}
    ids = sorted(plan.active, key=attrgetter("int"))
    devices = {id_: (country, version) for id_, country, version in await connection.fetch(_HEARD, ids)}
    groups: dict[tuple[int, int], list[UUID]] = {}
    for id_ in ids:
        groups.setdefault((plan.received.get(id_, 0), plan.converted.get(id_, 0)), []).append(id_)
    for (received, converted), some in groups.items():
        await connection.execute(
            _TOUCH,
            some,
            received,
            converted,
            now,
            _times(some, plan.last_received) if received else "{}",
            _times(some, plan.last_converted) if converted else "{}",
        )
    return devices


def _times(some: Sequence[UUID], last: Mapping[UUID, datetime]) -> str:
    """A map from id to time, looked up by key: cheaper than a join."""
    return to_json({id_: last[id_] for id_ in some})


async def _keep(connection: asyncpg.Connection, items: Sequence[ReceiptItem], now: datetime) -> None:
    await connection.execute(
        _EARLY,
        [item.event_id for item in items],
        [item.message_id for item in items],
        [int(item.event_type) for item in items],
        [int(item.source) for item in items],
        [item.occurred_at for item in items],
        [item.reason for item in items],
        [to_json(item.metadata) if item.metadata else None for item in items],
        [None if item.effects is None else to_json(effects_to_json(item.effects)) for item in items],
        now,
    )
