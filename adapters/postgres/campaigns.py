"""Campaigns in PostgreSQL: read and changed one at a time, under their row's lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs
from sqlalchemy import Select, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.campaign_rows import campaign_from, campaign_row, counts_row, happening_from
from adapters.postgres.control import transaction
from adapters.postgres.tables.campaigns import campaign as table
from adapters.postgres.tables.campaigns import campaign_event
from adapters.postgres.tables.tenants import application
from application.ports.audience import Raced
from application.ports.campaigns import CampaignFilter, Decide, DueCampaign, HistoryLine
from application.ports.identifiers import Identifiers
from domain.campaigns.campaign import Campaign
from domain.campaigns.lifecycle import CampaignEvent, CampaignStatus
from domain.shared.errors import AlreadyExists, NotFound, Unavailable

ATTEMPTS: Final = 3

# Released chunks go back into the queue; those that a worker has in hand are finished. Locked by id, as everywhere.
_HOLD: Final = text("""
WITH released AS MATERIALIZED (
    SELECT id FROM dispatch_chunk WHERE campaign_id = :id AND state = 1 ORDER BY id FOR UPDATE
)
UPDATE dispatch_chunk c SET state = 0 FROM released r WHERE c.id = r.id
""")
_DUE: Final = text("""
SELECT c.application_id, c.id FROM campaign c JOIN application a ON a.id = c.application_id AND a.is_active
WHERE c.status = 1 AND c.scheduled_at <= :now AND NOT EXISTS (SELECT 1 FROM system_state WHERE name = 'hold')
ORDER BY c.scheduled_at, c.id LIMIT :limit
""")


@attrs.frozen
class PostgresCampaigns:
    """Implements `application.ports.campaigns.Campaigns` on the control engine."""

    engine: AsyncEngine
    identifiers: Identifiers

    async def add(self, campaign: Campaign) -> None:
        async with transaction(self.engine) as connection:
            await _insert(connection, campaign, self.identifiers)

    async def get(self, application_id: UUID, campaign_id: UUID) -> Campaign:
        async with transaction(self.engine) as connection:
            return await _read(connection, _one(application_id, campaign_id))

    async def change(self, application_id: UUID, campaign_id: UUID, decide: Decide) -> Campaign:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with transaction(self.engine) as connection:
                    found = await _read(connection, _one(application_id, campaign_id).with_for_update())
                    runs = decide(found)
                    await store(connection, found, self.identifiers)
                    for run in runs:
                        await _insert(connection, run, self.identifiers)
                    return found
            except Raced as raced:
                cause = getattr(raced.__cause__, "orig", None)
                if getattr(cause, "sqlstate", None) == "23505":
                    raise AlreadyExists("this run was made before", field="key") from raced
                if attempt == ATTEMPTS:
                    raise Unavailable("the campaign keeps being changed by others") from raced
        raise AssertionError("unreachable")

    async def list(
        self, application_id: UUID, wanted: CampaignFilter, *, before: UUID | None, limit: int
    ) -> Sequence[Campaign]:
        query = select(table).where(
            table.c.application_id == application_id, table.c.run_of.is_not_distinct_from(wanted.run_of)
        )
        if wanted.status is not None:
            query = query.where(table.c.status == int(wanted.status))
        if wanted.campaign_type is not None:
            query = query.where(table.c.campaign_type == wanted.campaign_type.value)
        if before is not None:
            query = query.where(table.c.id < before)
        async with transaction(self.engine) as connection:
            rows = (await connection.execute(query.order_by(table.c.id.desc()).limit(limit))).mappings()
            return [campaign_from(row) for row in rows]

    async def find_run(self, application_id: UUID, run_of: UUID, run_key: str) -> Campaign | None:
        query = select(table).where(
            table.c.application_id == application_id, table.c.run_of == run_of, table.c.run_key == run_key
        )
        async with transaction(self.engine) as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else campaign_from(row)

    async def history(
        self, application_id: UUID, campaign_id: UUID, *, after: UUID | None, limit: int
    ) -> Sequence[HistoryLine]:
        query = select(campaign_event).where(campaign_event.c.campaign_id == campaign_id)
        if after is not None:
            query = query.where(campaign_event.c.id > after)
        async with transaction(self.engine) as connection:
            await _read(connection, _one(application_id, campaign_id))
            rows = (await connection.execute(query.order_by(campaign_event.c.id).limit(limit))).mappings()
            return [HistoryLine(row["id"], happening_from(row)) for row in rows]

    async def due(self, now: datetime, limit: int) -> Sequence[DueCampaign]:
        async with transaction(self.engine) as connection:
            rows = await connection.execute(_DUE, {"now": now, "limit": limit})
            return [DueCampaign(row.application_id, row.id) for row in rows]


async def store(connection: AsyncConnection, campaign: Campaign, identifiers: Identifiers) -> None:
    """Write a campaign that is locked, with what happened to it; its counts only when it was launched just now."""
    row = campaign_row(campaign)
    if any(one.event is CampaignEvent.LAUNCH for one in campaign.happened):
        row |= counts_row(campaign.counts)
    await connection.execute(update(table).where(table.c.id == campaign.id).values(**row))
    if any(one.before is CampaignStatus.SENDING for one in campaign.happened):
        await connection.execute(_HOLD, {"id": campaign.id})
    await _write_history(connection, campaign, identifiers)


def _one(application_id: UUID, campaign_id: UUID) -> Select[tuple[object, ...]]:
    return select(table).where(table.c.id == campaign_id, table.c.application_id == application_id)


async def _read(connection: AsyncConnection, query: Select[tuple[object, ...]]) -> Campaign:
    row = (await connection.execute(query)).mappings().first()
    if row is None:
        raise NotFound("there is no such campaign")
    return campaign_from(row)


async def _insert(connection: AsyncConnection, campaign: Campaign, identifiers: Identifiers) -> None:
    known = select(application.c.id).where(application.c.id == campaign.application_id)
    if (await connection.execute(known)).first() is None:
        raise NotFound("there is no such application")
    await connection.execute(insert(table).values(**campaign_row(campaign), **counts_row(campaign.counts)))
    await _write_history(connection, campaign, identifiers)


async def _write_history(connection: AsyncConnection, campaign: Campaign, identifiers: Identifiers) -> None:
    if not campaign.happened:
        return
    ids = identifiers.many(len(campaign.happened))
    rows = [
        {
            "id": id_,
            "campaign_id": campaign.id,
            "event_type": int(one.event),
            "from_status": int(one.before),
            "to_status": int(one.after),
            "actor": one.actor,
            "reason": one.reason,
            "occurred_at": one.occurred_at,
        }
        for id_, one in zip(ids, campaign.happened, strict=True)
    ]
    await connection.execute(insert(campaign_event), rows)
    campaign.happened.clear()
