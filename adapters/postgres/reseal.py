"""Replaces tokens' ciphertexts and blind indexes during a key rotation, only where nothing changed meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.audience import subscription as table
from application.ports.subscriptions import Resealed, TokenToReseal
from domain.audience.registration import SealedToken

_LOCK = text("SELECT id FROM subscription WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE")
_REPLACE = text(
    """
    UPDATE subscription AS s
    SET token_ciphertext = v.ciphertext, token_key_id = v.key_id, token_index = v.index, token_index_key_id = v.key_id
    FROM unnest(CAST(:ids AS uuid[]), CAST(:ciphertexts AS bytea[]), CAST(:key_ids AS text[]),
                CAST(:indexes AS bytea[]), CAST(:old_key_ids AS text[]), CAST(:versions AS integer[]))
        AS v (id, ciphertext, key_id, index, old_key_id, version)
    WHERE s.id = v.id AND s.token_key_id = v.old_key_id AND s.token_version = v.version
    """
)
# A suppression is found by the index that its address's subscription has: they move together. Where one stands under the
# new index already, the old one has nothing to add.
_REINDEX = text(
    """
    UPDATE suppression AS x SET address_index = v.index, index_key_id = v.key_id
    FROM unnest(CAST(:applications AS uuid[]), CAST(:old_indexes AS bytea[]), CAST(:indexes AS bytea[]),
                CAST(:key_ids AS text[])) AS v (application_id, old_index, index, key_id)
    WHERE x.application_id = v.application_id AND x.address_index = v.old_index AND v.old_index <> v.index
      AND NOT EXISTS (SELECT 1 FROM suppression y WHERE y.application_id = x.application_id
                      AND y.channel = x.channel AND y.address_index = v.index)
    """
)


async def count_not_under(connection: AsyncConnection, key_id: str) -> int:
    query = (
        select(func.count()).select_from(table).where(table.c.token_ciphertext.is_not(None), _other(key_id))
    )
    return (await connection.execute(query)).scalar_one()


async def not_under(
    connection: AsyncConnection, key_id: str, *, after: UUID | None, limit: int
) -> Sequence[TokenToReseal]:
    query = (
        select(
            table.c.id,
            table.c.application_id,
            table.c.token_ciphertext,
            table.c.token_key_id,
            table.c.token_index,
            table.c.token_index_key_id,
            table.c.token_version,
        )
        .where(table.c.token_ciphertext.is_not(None), _other(key_id))
        .order_by(table.c.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(table.c.id > after)
    return [
        TokenToReseal(
            row.id,
            row.application_id,
            SealedToken(row.token_ciphertext, row.token_key_id, row.token_index, row.token_index_key_id),
            row.token_version,
        )
        for row in await connection.execute(query)
    ]


async def reseal(
    connection: AsyncConnection, tokens: Sequence[tuple[TokenToReseal, SealedToken]]
) -> Resealed:
    """All at once; where an equal token is indexed under the new key already, one by one, leaving that one out."""
    if not tokens:
        return Resealed(0, 0)
    await connection.execute(_LOCK, {"ids": [before.subscription_id for before, _ in tokens]})
    try:
        async with connection.begin_nested():
            return Resealed(await _replace(connection, tokens), 0)
    except IntegrityError:
        done = conflicts = 0
        for one in tokens:
            try:
                async with connection.begin_nested():
                    done += await _replace(connection, [one])
            except IntegrityError:
                conflicts += 1
        return Resealed(done, conflicts)


async def _replace(connection: AsyncConnection, tokens: Sequence[tuple[TokenToReseal, SealedToken]]) -> int:
    result = await connection.execute(
        _REPLACE,
        {
            "ids": [before.subscription_id for before, _ in tokens],
            "ciphertexts": [after.ciphertext for _, after in tokens],
            "key_ids": [after.key_id for _, after in tokens],
            "indexes": [after.index for _, after in tokens],
            "old_key_ids": [before.token.key_id for before, _ in tokens],
            "versions": [before.token_version for before, _ in tokens],
        },
    )
    await reindex_suppressions(
        connection,
        [(before.application_id, before.token.index, after.index, after.key_id) for before, after in tokens],
    )
    return result.rowcount


async def reindex_suppressions(
    connection: AsyncConnection, moves: Sequence[tuple[UUID, bytes, bytes, str]]
) -> None:
    """(application, old index, new index, its key): suppressions of these addresses are found under the new one."""
    await connection.execute(
        _REINDEX,
        {
            "applications": [application_id for application_id, *_ in moves],
            "old_indexes": [old for _, old, _, _ in moves],
            "indexes": [new for _, _, new, _ in moves],
            "key_ids": [key_id for *_, key_id in moves],
        },
    )


def _other(key_id: str) -> ColumnElement[bool]:
    return or_(table.c.token_key_id != key_id, table.c.token_index_key_id != key_id)
