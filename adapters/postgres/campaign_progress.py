"""Reading how far a campaign is: sums of its batches, its part of the queue, and one recipient's record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import attrs
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.control import transaction
from application.ports.campaign_progress import (
    ChunkHealth,
    MessageCounts,
    ProgressReading,
    QueueCounts,
    RecipientRecord,
    WaveProgress,
)
from domain.shared.channels import SubscriptionType
from domain.shared.errors import NotFound

LISTED: Final = 100
_STATES: Final = ("held", "released", "leased")

_CAMPAIGN: Final = sa.text("SELECT rate FROM campaign WHERE id = :campaign AND application_id = :application")
_MESSAGES: Final = sa.text("""
SELECT coalesce(sum(n), 0)::int AS made, coalesce(sum(pending), 0)::int AS pending,
       coalesce(sum(errored), 0)::int AS errored, coalesce(sum(successful), 0)::int AS successful,
       coalesce(sum(received), 0)::int AS received, coalesce(sum(converted), 0)::int AS converted,
       coalesce(sum(failed), 0)::int AS failed, coalesce(sum(canceled), 0)::int AS canceled,
       min(counted_at) FILTER (WHERE NOT settled) AS counted_at
FROM campaign_batch WHERE campaign_id = :campaign
""")
_WAVES: Final = sa.text("""
SELECT coalesce(sum(last_seq - next_seq + 1) FILTER (WHERE closed_reason IS NULL), 0)::int AS waiting,
       min(due_at) FILTER (WHERE next_seq <= last_seq AND closed_reason IS NULL) AS next_due_at,
       max(due_at) FILTER (WHERE next_seq <= last_seq AND closed_reason IS NULL) AS last_due_at
FROM campaign_wave WHERE campaign_id = :campaign
""")
_WAVE_COLUMNS: Final = (
    "number, type, zone, due_at, open_from, open_until, last_seq - first_seq + 1 AS recipients,"
    " next_seq - first_seq AS fanned_out, closed_reason, holds, next_seq"
)
_WAVE_LIST: Final = sa.text(
    f"SELECT {_WAVE_COLUMNS} FROM campaign_wave WHERE campaign_id = :campaign"  # noqa: S608 - constants
    " ORDER BY next_seq > last_seq, number LIMIT :limit"
)
_QUEUE: Final = sa.text("""
SELECT coalesce(sum(n) FILTER (WHERE state = 0), 0)::int AS held, coalesce(sum(n) FILTER (WHERE state = 1), 0)::int AS released,
       coalesce(sum(n) FILTER (WHERE state = 2), 0)::int AS in_delivery,
       (SELECT count(*) FROM message_retry WHERE campaign_id = :campaign)::int AS retrying
FROM dispatch_chunk WHERE campaign_id = :campaign
""")
_CHUNKS: Final = sa.text("""
SELECT id, type, state, n, recoveries, created_at, not_before FROM dispatch_chunk
WHERE campaign_id = :campaign ORDER BY recoveries DESC, id LIMIT :limit
""")
_NAMED: Final = sa.text("""
SELECT s.id FROM subscription s LEFT JOIN app_user u ON u.id = s.user_id
WHERE s.application_id = :application AND (s.id = CAST(:id AS uuid) OR u.external_id = :name AND u.application_id = :application)
ORDER BY s.id LIMIT 100
""")
_RECIPIENT: Final = sa.text("""
SELECT subscription_id, type, seq, wave, status, excluded, zone_note FROM campaign_recipient
WHERE campaign_id = :campaign AND subscription_id = :subscription
""")
_WAVE: Final = sa.text(
    f"SELECT {_WAVE_COLUMNS} FROM campaign_wave WHERE campaign_id = :campaign AND number = :number"  # noqa: S608 - constants
)
# The batch bounds the ids: a few thousand rows at most lie between.
_MESSAGE: Final = sa.text("""
SELECT m.id FROM campaign_batch b CROSS JOIN LATERAL (
    SELECT id FROM message WHERE id BETWEEN b.min_id AND b.max_id AND campaign_id = :campaign
      AND subscription_id = :subscription LIMIT 1) m
WHERE b.campaign_id = :campaign AND b.first_seq <= :seq AND b.last_seq >= :seq
""")


@attrs.frozen
class PostgresCampaignProgress:
    """Implements `application.ports.campaign_progress.CampaignProgress` on the control engine."""

    engine: AsyncEngine

    async def read(self, application_id: UUID, campaign_id: UUID) -> ProgressReading:
        mine = {"campaign": campaign_id}
        async with transaction(self.engine) as connection:
            found = await connection.execute(_CAMPAIGN, {**mine, "application": application_id})
            rate = found.scalar_one_or_none()
            if rate is None:
                raise NotFound("there is no such campaign")
            messages = (await connection.execute(_MESSAGES, mine)).mappings().one()
            waves = (await connection.execute(_WAVES, mine)).one()
            queue = (await connection.execute(_QUEUE, mine)).mappings().one()
            listed = (await connection.execute(_WAVE_LIST, {**mine, "limit": LISTED})).mappings().all()
            chunks = (await connection.execute(_CHUNKS, {**mine, "limit": LISTED})).all()
        return ProgressReading(
            waiting=waves.waiting,
            messages=MessageCounts(**messages),
            queue=QueueCounts(**queue),
            rate=rate,
            next_due_at=waves.next_due_at,
            last_due_at=waves.last_due_at,
            waves=[_wave(row) for row in listed],
            chunks=[
                ChunkHealth(
                    id=row.id,
                    type=SubscriptionType(row.type),
                    state=_STATES[row.state],
                    messages=row.n,
                    recoveries=row.recoveries,
                    created_at=row.created_at,
                    not_before=row.not_before,
                )
                for row in chunks
            ],
        )

    async def subscriptions_named(self, application_id: UUID, recipient: str) -> Sequence[UUID]:
        try:
            id_ = UUID(recipient) if len(recipient) == 36 else None
        except ValueError:
            id_ = None
        values = {"application": application_id, "id": id_, "name": recipient}
        async with transaction(self.engine) as connection:
            return list((await connection.execute(_NAMED, values)).scalars())

    async def record(self, campaign_id: UUID, subscription_id: UUID) -> RecipientRecord | None:
        place = {"campaign": campaign_id, "subscription": subscription_id}
        async with transaction(self.engine) as connection:
            row = (await connection.execute(_RECIPIENT, place)).one_or_none()
            if row is None:
                return None
            wave = None
            if row.wave is not None:
                number = {"campaign": campaign_id, "number": row.wave}
                wave = (await connection.execute(_WAVE, number)).mappings().one()
            message_id = None if row.seq is None else await _message(connection, place, row.seq)
        return RecipientRecord(
            subscription_id=row.subscription_id,
            type=SubscriptionType(row.type),
            seq=row.seq,
            status_at_launch=row.status,
            excluded=row.excluded,
            zone_note=row.zone_note,
            wave=None if wave is None else _wave(wave),
            holds=() if wave is None else tuple(wave["holds"]),
            next_seq=None if wave is None else wave["next_seq"],
            message_id=message_id,
        )


async def _message(connection: AsyncConnection, place: Mapping[str, UUID], seq: int) -> UUID | None:
    found = await connection.execute(_MESSAGE, {**place, "seq": seq})
    return found.scalar_one_or_none()


def _wave(row: Mapping[Any, Any]) -> WaveProgress:
    return WaveProgress(
        number=row["number"],
        type=SubscriptionType(row["type"]),
        zone=row["zone"],
        due_at=row["due_at"],
        open_from=row["open_from"],
        open_until=row["open_until"],
        recipients=row["recipients"],
        fanned_out=row["fanned_out"],
        closed_reason=row["closed_reason"],
    )
