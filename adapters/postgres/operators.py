"""Operators, their sessions and invitations in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import attrs
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.control import among, transaction
from adapters.postgres.tables.operators import attempt, invitation, session
from adapters.postgres.tables.operators import operator as table
from application.ports.operators import SealedCodeKey
from application.ports.vault import Sealed
from domain.operators.invitation import Invitation
from domain.operators.operator import Operator
from domain.operators.roles import Role
from domain.operators.session import Attempts, Session
from domain.shared.errors import AlreadyExists, NotFound

OPERATORS_LOCK: Final = 0x41_53_4F_50_45_52
"""Advisory lock under which roles change and invitations are made: the last owner is counted under it."""


@attrs.frozen
class PostgresOperators:
    """Implements `application.ports.operators.Operators`."""

    engine: AsyncEngine

    async def any(self) -> bool:
        async with transaction(self.engine) as connection:
            return (await connection.execute(select(table.c.id).limit(1))).first() is not None

    async def get(self, operator_id: UUID) -> Operator:
        async with transaction(self.engine) as connection:
            return await _get(connection, operator_id)

    async def by_email(self, email: str) -> Operator | None:
        async with transaction(self.engine) as connection:
            row = (await connection.execute(select(table).where(table.c.email == email))).mappings().first()
        return None if row is None else _operator(row)

    async def list(self) -> Sequence[Operator]:
        async with transaction(self.engine) as connection:
            found = (await connection.execute(select(table).order_by(table.c.id))).mappings()
            return [_operator(row) for row in found]

    async def change(self, operator_id: UUID, change: Callable[[Operator, int], None]) -> Operator:
        others = select(func.count()).where(
            table.c.role == Role.OWNER.value, table.c.disabled_at.is_(None), table.c.id != operator_id
        )
        async with transaction(self.engine) as connection:
            await _lock(connection)
            operator = await _get(connection, operator_id)
            change(operator, int((await connection.execute(others)).scalar_one()))
            await connection.execute(update(table).where(table.c.id == operator_id).values(**_row(operator)))
        return operator

    async def invite(self, one: Invitation) -> None:
        same = update(invitation).where(
            invitation.c.used_at.is_(None),
            invitation.c.email.is_not_distinct_from(one.email),
            invitation.c.operator_id.is_not_distinct_from(one.operator_id),
        )
        async with transaction(self.engine) as connection:
            await _lock(connection)
            await connection.execute(same.values(used_at=one.created_at))
            await connection.execute(
                insert(invitation).values(**attrs.asdict(one, recurse=False) | {"role": one.role.value})
            )

    async def invitation(self, secret_hash: bytes) -> Invitation | None:
        query = select(invitation).where(invitation.c.secret_hash == secret_hash)
        async with transaction(self.engine) as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else Invitation(**{**row, "role": Role(row["role"])})

    async def accept(self, invitation_id: UUID, operator: Operator, now: datetime) -> None:
        close = update(invitation).where(invitation.c.id == invitation_id, invitation.c.used_at.is_(None))
        taken = select(table.c.id).where(table.c.email == operator.email, table.c.id != operator.id)
        again = {
            name: getattr(operator, name)
            for name in ("name", "password_hash", "code_key", "code_key_id", "code_step")
        }
        async with transaction(self.engine) as connection:
            await _lock(connection)
            if (await connection.execute(close.values(used_at=now))).rowcount == 0:
                raise NotFound("this link was used already", fix="ask for another one")
            if (await connection.execute(taken)).first() is not None:
                raise AlreadyExists("an operator has this address", field="email", fix="use another address")
            await connection.execute(
                upsert(table)
                .values(**_row(operator))
                .on_conflict_do_update(index_elements=[table.c.id], set_={**again, "disabled_at": None})
            )
            await connection.execute(delete(session).where(session.c.operator_id == operator.id))

    async def open_session(self, one: Session) -> None:
        async with transaction(self.engine) as connection:
            await connection.execute(insert(session).values(**attrs.asdict(one)))

    async def session(self, id_hash: bytes) -> tuple[Session, Operator] | None:
        query = (
            select(table, session.c.created_at.label("opened_at"), session.c.used_at)
            .join(table, table.c.id == session.c.operator_id)
            .where(session.c.id_hash == id_hash)
        )
        async with transaction(self.engine) as connection:
            row = (await connection.execute(query)).mappings().first()
        if row is None:
            return None
        operator = _operator(row)
        opened = Session(
            id_hash=id_hash, operator_id=operator.id, created_at=row["opened_at"], used_at=row["used_at"]
        )
        return opened, operator

    async def renew_session(self, id_hash: bytes, now: datetime) -> None:
        renew = update(session).where(session.c.id_hash == id_hash)
        async with transaction(self.engine) as connection:
            await connection.execute(renew.values(used_at=func.greatest(session.c.used_at, now)))

    async def close_session(self, id_hash: bytes) -> None:
        async with transaction(self.engine) as connection:
            await connection.execute(delete(session).where(session.c.id_hash == id_hash))

    async def close_sessions_of(self, operator_id: UUID) -> None:
        async with transaction(self.engine) as connection:
            await connection.execute(delete(session).where(session.c.operator_id == operator_id))

    async def forget_sessions(self, created_before: datetime) -> int:
        async with transaction(self.engine) as connection:
            ended = delete(session).where(session.c.created_at < created_before)
            return (await connection.execute(ended)).rowcount

    async def count_attempt(self, names: Sequence[str], now: datetime) -> Sequence[Attempts]:
        async with transaction(self.engine) as connection:
            await connection.execute(
                upsert(attempt)
                .values([{"name": name, "failures": 0, "last_at": now} for name in sorted(names)])
                .on_conflict_do_nothing()
            )
            query = select(attempt).where(among(attempt.c.name, names)).order_by(attempt.c.name)
            rows = (await connection.execute(query.with_for_update())).all()
            before = [Attempts(failures=row.failures, last_at=row.last_at) for row in rows]
            if all(one.wait(now) == timedelta(0) for one in before):
                for row in rows:
                    counted = Attempts(failures=row.failures, last_at=row.last_at)
                    counted.count(now)
                    await connection.execute(
                        update(attempt)
                        .where(attempt.c.name == row.name)
                        .values(failures=counted.failures, last_at=counted.last_at)
                    )
        return before

    async def forget_attempts(self, names: Sequence[str]) -> None:
        async with transaction(self.engine) as connection:
            await connection.execute(delete(attempt).where(among(attempt.c.name, names)))

    async def code_keys_not_under(self, key_id: str) -> Sequence[SealedCodeKey]:
        found: list[SealedCodeKey] = []
        async with transaction(self.engine) as connection:
            for place, one in _PLACES.items():
                query = select(one.c.id, one.c.code_key, one.c.code_key_id).where(one.c.code_key_id != key_id)
                if place == "invitation":
                    query = query.where(one.c.used_at.is_(None))
                found += [
                    SealedCodeKey(place, row.id, Sealed(row.code_key, row.code_key_id))
                    for row in await connection.execute(query.order_by(one.c.id))
                ]
        return found

    async def reseal_code_key(self, before: SealedCodeKey, sealed: Sealed) -> bool:
        one = _PLACES[before.place]
        replace = update(one).where(one.c.id == before.id, one.c.code_key == before.sealed.ciphertext)
        async with transaction(self.engine) as connection:
            done = await connection.execute(
                replace.values(code_key=sealed.ciphertext, code_key_id=sealed.key_id)
            )
            return done.rowcount > 0


_PLACES: Final = {"operator": table, "invitation": invitation}


async def _lock(connection: AsyncConnection) -> None:
    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": OPERATORS_LOCK})


async def _get(connection: AsyncConnection, operator_id: UUID) -> Operator:
    query = select(table).where(table.c.id == operator_id)
    row = (await connection.execute(query)).mappings().first()
    if row is None:
        raise NotFound("there is no such operator")
    return _operator(row)


def _row(operator: Operator) -> dict[str, object]:
    return attrs.asdict(operator) | {"role": operator.role.value}


def _operator(row: Mapping[Any, Any]) -> Operator:
    return Operator(**{name: row[name] for name in _FIELDS if name != "role"}, role=Role(row["role"]))


_FIELDS = tuple(field.name for field in attrs.fields(Operator))
