"""AlimTalk templates in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import attrs
from sqlalchemy import Row, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.control import among, transaction
from adapters.postgres.tables.alimtalk import kakao_template as table
from domain.alimtalk.buttons import Button
from domain.alimtalk.template import KakaoTemplate, TemplateStatus, Wording
from domain.shared.json_values import Json

_TEXTS = ("text", "title", "subtitle", "header", "extra", "message_type", "emphasis")


@attrs.frozen
class PostgresKakaoTemplates:
    """Implements `application.ports.kakao_templates.KakaoTemplates`."""

    engine: AsyncEngine

    async def put(self, templates: Sequence[KakaoTemplate]) -> None:
        rows = [_row(one) for one in sorted(templates, key=lambda one: (one.application_id, one.code))]
        if not rows:
            return
        statement = insert(table)
        new = statement.excluded
        kept = {column.name: new[column.name] for column in table.c if not column.primary_key}
        statement = statement.on_conflict_do_update(
            index_elements=[table.c.application_id, table.c.provider, table.c.code],
            set_=kept,
            where=table.c.checked_at <= new.checked_at,
        )
        async with transaction(self.engine) as connection:
            await connection.execute(statement, rows)

    async def find(
        self, application_id: UUID, provider: str, codes: Sequence[str]
    ) -> Mapping[str, KakaoTemplate]:
        query = select(table).where(
            table.c.application_id == application_id,
            table.c.provider == provider,
            among(table.c.code, codes),
        )
        async with transaction(self.engine) as connection:
            return {row.code: _template(row) for row in await connection.execute(query)}

    async def list(
        self,
        application_id: UUID,
        *,
        status: TemplateStatus | None,
        after: tuple[str, str] | None,
        limit: int,
    ) -> Sequence[KakaoTemplate]:
        query = select(table).where(table.c.application_id == application_id)
        if status is not None:
            query = query.where(table.c.status == status.value)
        if after is not None:
            query = query.where(tuple_(table.c.code, table.c.provider) > after)
        query = query.order_by(table.c.code, table.c.provider).limit(limit)
        async with transaction(self.engine) as connection:
            return [_template(row) for row in await connection.execute(query)]

    async def read(self, application_id: UUID, code: str) -> KakaoTemplate | None:
        query = (
            select(table)
            .where(table.c.application_id == application_id, table.c.code == code)
            .order_by(table.c.checked_at.desc(), table.c.provider)
            .limit(1)
        )
        async with transaction(self.engine) as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else _template(row)

    async def stop_others(
        self, application_id: UUID, provider: str, seen: Sequence[str], *, now: datetime
    ) -> int:
        stop = (
            update(table)
            .where(
                table.c.application_id == application_id,
                table.c.provider == provider,
                ~among(table.c.code, seen),
                table.c.checked_at < now,
            )
            .values(status=TemplateStatus.STOPPED.value, checked_at=now)
        )
        async with transaction(self.engine) as connection:
            return (await connection.execute(stop)).rowcount

    async def due(self, before: datetime, *, limit: int) -> Sequence[tuple[UUID, str]]:
        oldest = func.min(table.c.checked_at)
        query = (
            select(table.c.application_id, table.c.provider)
            .group_by(table.c.application_id, table.c.provider)
            .having(oldest < before)
            .order_by(oldest)
            .limit(limit)
        )
        async with transaction(self.engine) as connection:
            return [(row.application_id, row.provider) for row in await connection.execute(query)]


def _row(template: KakaoTemplate) -> dict[str, Any]:
    wording: dict[str, Json] = {name: getattr(template.wording, name) for name in _TEXTS}
    wording["buttons"] = [button.to_json() for button in template.wording.buttons]
    assert template.checked_at is not None, "a template that is mirrored was seen at some time"
    return {
        "application_id": template.application_id,
        "provider": template.provider,
        "code": template.code,
        "name": template.name,
        "status": template.status.value,
        "wording": wording,
        "content_hash": template.wording.hash,
        "category": template.category,
        "comment": template.comment,
        "checked_at": template.checked_at,
    }


def _template(row: Row[Any]) -> KakaoTemplate:
    stored: dict[str, Any] = row.wording
    buttons = tuple(Button(**button) for button in stored["buttons"])
    texts = {name: stored[name] for name in _TEXTS}
    return KakaoTemplate(
        row.application_id,
        row.provider,
        row.code,
        row.name,
        TemplateStatus(row.status),
        Wording(**texts, buttons=buttons),
        row.category,
        row.comment,
        row.checked_at,
    )
