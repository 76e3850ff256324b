"""The ledger added up for a month, in one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import CONNECTION_ERRORS
from adapters.postgres.engine import raw_connection
from application.ports.statements import Moved, Opening
from domain.shared.errors import Unavailable

_OPENINGS: Final = """
SELECT account, currency, sum(amount) AS balance FROM (
    SELECT money_credit_account AS account, currency, amount FROM ledger_entry WHERE application_id = $1 AND created_at < $2
    UNION ALL
    SELECT money_debit_account, currency, -amount FROM ledger_entry WHERE application_id = $1 AND created_at < $2) line
GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2
"""
_MOVED: Final = """
SELECT e.kind, r.channel, coalesce(r.unit_price, 0) AS unit_price, e.currency, e.money_debit_account, e.money_credit_account,
       sum(e.n)::bigint AS n, sum(e.amount) AS amount
FROM ledger_entry e LEFT JOIN reservation r ON r.id = e.reservation_id
WHERE e.application_id = $1 AND e.created_at >= $2 AND e.created_at < $3
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
"""


class PostgresStatements:
    """Implements `application.ports.statements.Statements`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def lines(
        self, application_id: UUID, since: datetime, until: datetime
    ) -> tuple[Sequence[Opening], Sequence[Moved]]:
        try:
            async with raw_connection(self._engine) as connection:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    openings = await connection.fetch(_OPENINGS, application_id, since)
                    moved = await connection.fetch(_MOVED, application_id, since, until)
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away") from error
        return [Opening(*row) for row in openings], [Moved(*row) for row in moved]
