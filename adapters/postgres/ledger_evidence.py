"""The evidence for the ledger's proof, gathered by PostgreSQL in one snapshot and streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.engine import raw_connection
from domain.messaging.lifecycle import Status
from domain.quota.entries import PAID_IN, TAKEN_OUT, TRANSFERS, Transfer
from domain.quota.ledger import Counters
from domain.quota.proof import (
    BooksEvidence,
    EntryEvidence,
    Evidence,
    ReservationEvidence,
    WindowEvidence,
)

TIMEOUT: Final = 3600.0
"""Seconds for one query: the proof reads every line and, if asked, every message."""

_WINDOWS: Final = """
WITH lines AS (
    SELECT application_id, kind, starts_on, sum(granted)::bigint AS granted, sum(settled)::bigint AS settled,
        sum(released)::bigint AS released
    FROM (
        SELECT r.application_id, r.day, r.month,
            sum(e.n) FILTER (WHERE e.kind = 'reserve') AS granted,
            sum(CASE e.kind WHEN 'settle' THEN e.n WHEN 'give_back' THEN -e.n ELSE 0 END) AS settled,
            sum(e.n) FILTER (WHERE e.kind IN ('release', 'give_back')) AS released
        FROM ledger_entry e JOIN reservation r ON r.id = e.reservation_id AND r.application_id = e.application_id
        WHERE $1::uuid IS NULL OR e.application_id = $1
        GROUP BY r.application_id, r.day, r.month
    ) AS days CROSS JOIN LATERAL (VALUES ('daily', day), ('monthly', month)) AS w (kind, starts_on)
    GROUP BY application_id, kind, starts_on
), stored AS (
    SELECT application_id, kind, starts_on, granted, settled, released FROM quota_window
    WHERE $1::uuid IS NULL OR application_id = $1
), unfolded AS (
    SELECT d.application_id, w.kind, w.starts_on, sum(d.settled)::bigint AS settled, sum(d.released)::bigint AS released
    FROM quota_delta d CROSS JOIN LATERAL (VALUES ('daily', d.day), ('monthly', d.month)) AS w (kind, starts_on)
    WHERE $1::uuid IS NULL OR d.application_id = $1
    GROUP BY d.application_id, w.kind, w.starts_on
)
SELECT application_id, kind, starts_on,
    coalesce(l.granted, 0) AS granted, coalesce(l.settled, 0) AS settled, coalesce(l.released, 0) AS released,
    coalesce(s.granted, 0) AS counted_granted,
    coalesce(s.settled, 0) + coalesce(u.settled, 0) AS counted_settled,
    coalesce(s.released, 0) + coalesce(u.released, 0) AS counted_released
FROM lines l FULL JOIN stored s USING (application_id, kind, starts_on)
    FULL JOIN unfolded u USING (application_id, kind, starts_on)
ORDER BY application_id, kind, starts_on
"""

_RESERVATIONS: Final = """
WITH lines AS (
    SELECT application_id, reservation_id,
        coalesce(sum(n) FILTER (WHERE kind = 'reserve'), 0) AS reserved,
        coalesce(sum(n) FILTER (WHERE kind = 'settle'), 0) AS settled,
        coalesce(sum(n) FILTER (WHERE kind = 'release'), 0) AS released,
        coalesce(sum(n) FILTER (WHERE kind = 'give_back'), 0) AS given_back
    FROM ledger_entry
    WHERE reservation_id IS NOT NULL AND ($1::uuid IS NULL OR application_id = $1)
    GROUP BY application_id, reservation_id
), rows AS (
    SELECT application_id, id AS reservation_id, n FROM reservation WHERE $1::uuid IS NULL OR application_id = $1
), messages AS (
    SELECT application_id, reservation_id, count(*) AS waiting FROM message
    WHERE cardinality($2::smallint[]) > 0 AND status = ANY($2::smallint[]) AND ($1::uuid IS NULL OR application_id = $1)
    GROUP BY application_id, reservation_id
), facts AS (
    SELECT application_id, reservation_id, r.n, coalesce(l.reserved, 0) AS reserved, coalesce(l.settled, 0) AS settled,
        coalesce(l.released, 0) AS released, coalesce(l.given_back, 0) AS given_back,
        CASE WHEN cardinality($2::smallint[]) > 0 THEN coalesce(m.waiting, 0) END AS waiting
    FROM lines l FULL JOIN rows r USING (application_id, reservation_id)
        FULL JOIN messages m USING (application_id, reservation_id)
)
SELECT * FROM facts
WHERE n IS DISTINCT FROM reserved OR settled + released > n OR given_back > settled
    OR waiting <> n - settled - released
LIMIT $3
"""

_BOOKS: Final = """
WITH books AS (
    SELECT e.application_id, e.currency, sum(s.n)::bigint AS messages_total, sum(s.amount) AS money_total,
        sum(s.n) FILTER (WHERE s.account = 'reserved') AS reserved,
        sum(s.n) FILTER (WHERE s.account = 'used') AS used,
        sum(s.amount) FILTER (WHERE s.account = 'held') AS held,
        sum(s.amount) FILTER (WHERE s.account = 'revenue') AS revenue,
        sum(s.amount) FILTER (WHERE s.account = 'credit') AS credit
    FROM ledger_entry e CROSS JOIN LATERAL (VALUES
        (e.debit_account, -e.n, 0), (e.credit_account, e.n, 0),
        (e.money_debit_account, 0, -e.amount), (e.money_credit_account, 0, e.amount)) AS s (account, n, amount)
    WHERE $1::uuid IS NULL OR e.application_id = $1
    GROUP BY e.application_id, e.currency
), due AS (
    SELECT application_id, currency, sum(open)::bigint AS open_messages, sum(settled)::bigint AS settled_messages,
        sum(open * unit_price) AS open_value, sum(settled * unit_price) AS settled_value
    FROM (
        SELECT r.application_id, r.currency, r.unit_price,
            r.n - coalesce(sum(e.n) FILTER (WHERE e.kind IN ('settle', 'release')), 0) AS open,
            coalesce(sum(CASE e.kind WHEN 'settle' THEN e.n WHEN 'give_back' THEN -e.n END), 0) AS settled
        FROM reservation r LEFT JOIN ledger_entry e
            ON e.reservation_id = r.id AND e.application_id = r.application_id AND e.kind <> 'reserve'
        WHERE $1::uuid IS NULL OR r.application_id = $1
        GROUP BY r.id
    ) AS reservations
    GROUP BY application_id, currency
), credits AS (
    SELECT application_id, billing_currency AS currency, credit_balance + coalesce((
        SELECT sum(d.credit) FROM quota_delta d WHERE d.application_id = q.application_id), 0) AS credit_counted
    FROM quota q WHERE $1::uuid IS NULL OR application_id = $1
)
SELECT application_id, currency, coalesce(messages_total, 0) AS messages_total, coalesce(reserved, 0) AS reserved,
    coalesce(used, 0) AS used, coalesce(open_messages, 0) AS open_messages,
    coalesce(settled_messages, 0) AS settled_messages, coalesce(money_total, 0) AS money_total,
    coalesce(held, 0) AS held, coalesce(revenue, 0) AS revenue, coalesce(credit, 0) AS credit,
    coalesce(open_value, 0) AS open_value, coalesce(settled_value, 0) AS settled_value,
    coalesce(credit_counted, 0) AS credit_counted
FROM books FULL JOIN due USING (application_id, currency) FULL JOIN credits USING (application_id, currency)
ORDER BY application_id, currency
"""


def _accounts(transfer: Transfer) -> str:
    messages = f"{transfer.debit or ''}>{transfer.credit or ''}"
    return f"{messages} {transfer.money_debit}>{transfer.money_credit}"


_EXPECTED: Final = ", ".join(
    [f"('{kind}', '{mode}', '{_accounts(transfer)}')" for (kind, mode), transfer in TRANSFERS.items()]
    + [
        f"('{kind}', '', '{_accounts(transfer)}')"
        for kind, transfer in (
            ("top_up", PAID_IN),
            ("adjustment", PAID_IN),
            ("adjustment", TAKEN_OUT),
        )
    ]
)
_ENTRIES: Final = f"""
WITH facts AS (
    SELECT e.application_id, e.id AS entry_id, e.kind, coalesce(r.billing_mode, '') AS mode,
        concat(e.debit_account, '>', e.credit_account, ' ', e.money_debit_account, '>', e.money_credit_account)
            AS accounts,
        concat(trim_scale(coalesce(e.n * r.unit_price, e.amount)), ' ', coalesce(r.currency, e.currency))
            AS amount_expected,
        concat(trim_scale(e.amount), ' ', e.currency) AS amount
    FROM ledger_entry e
        LEFT JOIN reservation r ON r.id = e.reservation_id AND r.application_id = e.application_id
    WHERE ($1::uuid IS NULL OR e.application_id = $1) AND (e.reservation_id IS NULL OR r.id IS NOT NULL)
)
SELECT application_id, entry_id, accounts, amount_expected, amount, coalesce((
    SELECT string_agg(t.accounts, ' or ') FROM (VALUES {_EXPECTED}) AS t (kind, mode, accounts)
    WHERE t.kind = f.kind AND t.mode = f.mode), 'no such kind') AS accounts_expected
FROM facts f
WHERE amount <> amount_expected OR NOT EXISTS (
    SELECT FROM (VALUES {_EXPECTED}) AS t (kind, mode, accounts)
    WHERE t.kind = f.kind AND t.mode = f.mode AND t.accounts = f.accounts)
LIMIT $2
"""  # noqa: S608 - the accounts are constants of the domain


class PostgresLedgerEvidence:
    """`application.ports.ledger.LedgerEvidence`. Takes the control plane's engine, whose planner may hash and merge."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def gather(
        self, application_id: UUID | None, waiting: Sequence[Status], *, at_most: int
    ) -> AsyncIterator[Evidence]:
        async with raw_connection(self._engine) as connection:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                statuses = [int(status) for status in waiting]
                async for row in _stream(connection, _WINDOWS, application_id):
                    yield _window(row)
                async for row in _stream(connection, _BOOKS, application_id):
                    yield BooksEvidence(**row)
                async for row in _stream(connection, _RESERVATIONS, application_id, statuses, at_most):
                    yield ReservationEvidence(**row)
                async for row in _stream(connection, _ENTRIES, application_id, at_most):
                    yield EntryEvidence(**row)


async def _stream(
    connection: asyncpg.Connection, query: str, *values: object
) -> AsyncIterator[asyncpg.Record]:
    async for row in connection.cursor(query, *values, prefetch=500, timeout=TIMEOUT):
        yield row


def _window(row: asyncpg.Record) -> WindowEvidence:
    return WindowEvidence(
        row["application_id"],
        row["kind"],
        row["starts_on"],
        lines=Counters(row["granted"], row["settled"], row["released"]),
        counted=Counters(row["counted_granted"], row["counted_settled"], row["counted_released"]),
    )
