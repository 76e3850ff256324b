"""What became of reserved messages: ledger entries at once, counters by way of deltas that one folder applies.

Settling never updates a hot counter: it inserts lines and a delta. Both functions take a raw asyncpg connection
inside an open transaction and issue a constant number of statements.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

import asyncpg
import attrs

from adapters.postgres.quota_locks import Key, as_columns, lock_quota_rows
from domain.quota.entries import TRANSFERS, EntryKind
from domain.quota.windows import WindowKind

EntryIds = Callable[[int], Sequence[UUID]]
"""Makes n new UUIDv7, ascending."""


@attrs.frozen
class Movement:
    """n messages of a reservation that became final (or, with `give_back`, were undelivered after all).

    Counted once per (reservation_id, chunk_id, fence, flush, kind). A movement outside a chunk's settling (a
    cancellation, a receipt) passes the message's own id as `chunk_id`, and 0 as fence and flush.
    """

    application_id: UUID
    reservation_id: UUID
    chunk_id: UUID
    fence: int
    flush: int
    kind: Literal["settle", "release", "give_back"]
    n: int


_MOVEMENT_KINDS: Final = (EntryKind.SETTLE, EntryKind.RELEASE, EntryKind.GIVE_BACK)
_ACCOUNTS: Final = ", ".join(
    f"('{kind}', '{mode}', '{transfer.debit}', '{transfer.credit}',"
    f" '{transfer.money_debit}', '{transfer.money_credit}')"
    for (kind, mode), transfer in TRANSFERS.items()
    if kind in _MOVEMENT_KINDS
)
_RECORD: Final = f"""
WITH inserted AS (
    INSERT INTO ledger_entry (id, application_id, reservation_id, chunk_id, fence, flush, kind, debit_account,
        credit_account, n, money_debit_account, money_credit_account, amount, currency, created_at)
    SELECT g.id, g.application_id, g.reservation_id, g.chunk_id, g.fence, g.flush, g.kind, t.debit, t.credit, g.n,
        t.money_debit, t.money_credit, g.n * r.unit_price, r.currency, $9
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::integer[], $6::integer[], $7::text[],
        $8::integer[]) AS g (id, application_id, reservation_id, chunk_id, fence, flush, kind, n)
    JOIN reservation r ON r.id = g.reservation_id AND r.application_id = g.application_id
    JOIN (VALUES {_ACCOUNTS}) AS t (kind, billing_mode, debit, credit, money_debit, money_credit)
        ON t.kind = g.kind AND t.billing_mode = r.billing_mode
    ON CONFLICT (reservation_id, chunk_id, fence, flush, kind) WHERE reservation_id IS NOT NULL DO NOTHING
    RETURNING reservation_id, kind, n, amount, money_credit_account
), deltas AS (
    INSERT INTO quota_delta (application_id, day, month, settled, released, credit)
    SELECT r.application_id, r.day, r.month,
        sum(CASE i.kind WHEN 'settle' THEN i.n WHEN 'give_back' THEN -i.n ELSE 0 END),
        sum(CASE WHEN i.kind = 'settle' THEN 0 ELSE i.n END),
        sum(CASE WHEN i.money_credit_account = 'credit' THEN i.amount ELSE 0 END)
    FROM inserted i JOIN reservation r ON r.id = i.reservation_id
    GROUP BY r.application_id, r.day, r.month
)
SELECT count(*) FROM inserted
"""  # noqa: S608 - the accounts are constants of the domain

_ONE_FOLDER: Final = 0x71756F7461
"""Advisory lock: only one transaction folds at a time."""

_TAKE_DELTAS: Final = """
WITH taken AS (
    DELETE FROM quota_delta WHERE id = ANY(ARRAY(SELECT id FROM quota_delta ORDER BY id LIMIT $1))
    RETURNING application_id, day, month, settled, released, credit
)
SELECT application_id, day, month, count(*) AS rows, sum(settled)::bigint AS settled,
    sum(released)::bigint AS released, sum(credit) AS credit
FROM taken GROUP BY application_id, day, month
"""

_APPLY_DELTAS: Final = """
WITH windows AS (
    UPDATE quota_window w SET settled = w.settled + k.settled, released = w.released + k.released
    FROM unnest($1::uuid[], $2::text[], $3::date[], $4::bigint[], $5::bigint[])
        AS k (application_id, kind, starts_on, settled, released)
    WHERE w.application_id = k.application_id AND w.kind = k.kind AND w.starts_on = k.starts_on
)
UPDATE quota q SET credit_balance = q.credit_balance + k.amount
FROM unnest($6::uuid[], $7::numeric[]) AS k (application_id, amount)
WHERE q.application_id = k.application_id
"""


async def record_movements(
    connection: asyncpg.Connection,
    movements: Sequence[Movement],
    *,
    now: datetime,
    entry_ids: EntryIds,
) -> int:
    """Write each movement once, at its reservation's price, and what it changes in the counters as a delta.

    Answers how many were new: repeated ones are passed over, and so are those of a reservation that the
    application does not have (refusing them would keep the outcomes that they belong to from being stored; the
    ledger's check finds them). One statement; no row is locked that another application's settling could want.
    """
    if not (movements := [m for m in movements if m.n > 0]):
        return 0
    rows = [
        (entry_id, m.application_id, m.reservation_id, m.chunk_id, m.fence, m.flush, m.kind, m.n)
        for entry_id, m in zip(entry_ids(len(movements)), movements, strict=True)
    ]
    recorded: int = await connection.fetchval(_RECORD, *as_columns(rows, 8), now)
    return recorded


async def fold_quota_deltas(connection: asyncpg.Connection, limit: int = 5000) -> int:
    """Move at most `limit` of the oldest deltas into the windows and credit balances; answer how many.

    Only one transaction folds at a time: another one's call answers 0 at once.
    """
    if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1::bigint)", _ONE_FOLDER):
        return 0
    deltas = await connection.fetch(_TAKE_DELTAS, limit)
    if not deltas:
        return 0
    changes: dict[Key, tuple[int, int]] = {}
    credits: dict[UUID, Decimal] = {}
    for row in deltas:
        application_id = row["application_id"]
        for key in (
            (application_id, WindowKind.DAILY, row["day"]),
            (application_id, WindowKind.MONTHLY, row["month"]),
        ):
            settled, released = changes.get(key, (0, 0))
            changes[key] = settled + row["settled"], released + row["released"]
        if row["credit"]:
            credits[application_id] = credits.get(application_id, Decimal(0)) + row["credit"]
    keys = sorted(changes)
    await lock_quota_rows(connection, keys, credits, ())
    await connection.execute(
        _APPLY_DELTAS,
        *as_columns([(*key, *changes[key]) for key in keys], 5),
        *as_columns(sorted(credits.items()), 2),
    )
    return sum(row["rows"] for row in deltas)
