"""Fan-out: recipients become messages in the queue, a bounded step ahead of the workers.

Each batch is one transaction: messages, chunks, cursor, the batch that counts them, and the reservation. A crash at any line
leaves either all of it or nothing, so nobody is made twice or left out.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import attrs

from application.campaigns.personalise import Personalise
from application.ports.campaign_fan_out import (
    ChunkOrder,
    FanOutStep,
    FanOutStore,
    Inserted,
    PinnedContent,
    WaveKey,
    WaveStep,
)
from application.ports.campaigns import Campaigns
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.profiles import Profile, Profiles
from application.steps import each_of
from domain.campaigns.campaign import SCHEDULER, Campaign, PauseReason
from domain.campaigns.decision import Exclusion
from domain.campaigns.lifecycle import CampaignStatus
from domain.shared.errors import SignalError

log = logging.getLogger(__name__)

CHUNK_SIZE: Final = 500
BATCH: Final = 5_000
"""Recipients of one transaction."""
LOOK_AHEAD: Final = 20_000
"""Messages of one campaign and route that wait in the queue at most: what a pause has to hold, a cancel to undo."""
PACED_SECONDS: Final = 2
"""A campaign with a rate is this far ahead of it."""
DUE_AHEAD: Final = timedelta(seconds=30)
"""Waves become messages this long before they are due; their chunks wait for the moment."""
WAVES_AT_ONCE: Final = 200
DRY_AGAIN: Final = timedelta(seconds=1)


class _TooMany(Exception):
    """The quota granted less than the batch wanted; the transaction is rolled back."""

    def __init__(self, granted: int, refused_by: str | None) -> None:
        super().__init__(granted, refused_by)
        self.granted = granted
        self.refused_by = refused_by


@attrs.frozen(kw_only=True)
class FanOut:
    """`await fan_out()` is one round: a batch of every wave that is ready."""

    fan_out_store: FanOutStore
    campaigns: Campaigns
    profiles: Profiles
    personalise: Personalise
    clock: Clock
    identifiers: Identifiers
    look_ahead: int = LOOK_AHEAD
    dry: dict[UUID, datetime] = attrs.field(factory=dict)
    """Campaigns without quota, and when to look again whether what they have in the queue is sent."""

    async def __call__(self) -> int:
        """Answer how many messages were made. Raise Unavailable when storage is away; nothing is lost then."""
        now = self.clock.now()
        waves = await self.fan_out_store.ready(
            now,
            now + DUE_AHEAD,
            look_ahead=self.look_ahead,
            paced_seconds=PACED_SECONDS,
            limit=WAVES_AT_ONCE,
        )
        thirsty = {campaign_id for campaign_id, again in self.dry.items() if again > now}
        ready = [key for key in waves if key.campaign_id not in thirsty]
        return await each_of(
            {f"wave {key.number} of campaign {key.campaign_id}": key for key in ready}, self._advance
        )

    async def _advance(self, key: WaveKey) -> int:
        wanted = BATCH
        application_id: UUID | None = None
        while wanted:
            try:
                async with self.fan_out_store.step(key, self.clock.now()) as step:
                    if step is None:
                        return 0
                    application_id = step.wave.application_id
                    profile = await self.profiles.of(application_id)
                    if profile is None:
                        return 0
                    return await self._batch(step, profile, wanted)
            except _TooMany as refused:
                wanted = refused.granted
        assert application_id is not None
        await self._run_dry(application_id, key.campaign_id)
        return 0

    async def _batch(self, step: FanOutStep, profile: Profile, wanted: int) -> int:
        wave, now = step.wave, self.clock.now()
        if wave.expires_at is not None and wave.expires_at <= now:
            await step.close(Exclusion.EXPIRED.value)
            return 0
        chunk_size = chunk_size_of(wave)
        n = batch_size(wave, chunk_size, wanted, self.look_ahead)
        if n <= 0:
            return 0
        contents = await self._contents(step, now)
        due = max(wave.due_at, now)
        reservation_id = self.identifiers.one()
        end = wave.next_seq + n
        inserted: list[Inserted] = []
        personal = any(content.names for content in contents.values())
        for first in range(wave.next_seq, end, chunk_size):
            order = ChunkOrder(
                chunk_id=self.identifiers.one(),
                reservation_id=reservation_id,
                first_seq=first,
                end_seq=min(first + chunk_size, end),
                content_ids={variant: _named(content) for variant, content in contents.items()},
                send_at=wave.due_at if wave.due_at > now else None,
                expires_at=wave.expires_at or due + profile.default_ttl,
                # Words meant for one person must not reach whoever uses the device next.
                user_targeted=personal,
            )
            chunk = await self._insert(step, order, contents, personal, now)
            if chunk is not None:
                inserted.append(chunk)
        await step.advance(end, inserted, now)
        made = sum(one.n for one in inserted)
        if made:
            day = due.astimezone(profile.time_zone).date()
            granted, refused_by = await step.reserve(reservation_id, made, day, day.replace(day=1), now)
            if granted < made:
                raise _TooMany(granted, refused_by)
        return made

    async def _insert(
        self,
        step: FanOutStep,
        order: ChunkOrder,
        contents: dict[int, PinnedContent],
        personal: bool,
        now: datetime,
    ) -> Inserted | None:
        if not personal:
            return await step.insert(order, now)
        recipients = await step.facts(order.first_seq, order.end_seq)
        messages = self.personalise(step.wave, recipients, contents)
        return await step.insert_personal(order, messages, now) if messages else None

    async def _contents(self, step: FanOutStep, now: datetime) -> dict[int, PinnedContent]:
        """By variant, each with a content row of today: it is dropped with the messages that name it, not before."""
        found: dict[int, PinnedContent] = {}
        today = _day_of(self.identifiers.one())
        for content in step.wave.contents:
            if content.content_id is None or _day_of(content.content_id) != today:
                content_id = self.identifiers.one()
                await step.write_content(content, content_id, now)
                content = attrs.evolve(content, content_id=content_id)
            found[content.variant] = content
        return found

    async def _run_dry(self, application_id: UUID, campaign_id: UUID) -> None:
        """Pause, but not before everything that the quota did cover has left the queue."""
        now = self.clock.now()
        if await self.fan_out_store.in_queue(campaign_id):
            self.dry[campaign_id] = now + DRY_AGAIN
            return
        self.dry.pop(campaign_id, None)

        def pause(campaign: Campaign) -> Sequence[Campaign]:
            if campaign.status is CampaignStatus.SENDING:
                campaign.pause(PauseReason.QUOTA_EXHAUSTED, now, SCHEDULER)
            return ()

        try:
            await self.campaigns.change(application_id, campaign_id, pause)
            log.warning("campaign %s is paused: the quota is exhausted", campaign_id)
        except SignalError as error:
            log.warning("campaign %s ran dry and could not be paused yet: %s", campaign_id, error)


def chunk_size_of(wave: WaveStep) -> int:
    """At most a second's worth of a campaign with a rate."""
    return min(CHUNK_SIZE, wave.pace or CHUNK_SIZE)


def batch_size(wave: WaveStep, chunk_size: int, wanted: int, look_ahead: int) -> int:
    """How many recipients come next: whole chunks, unless it is the wave's end or the quota's."""
    left = wave.last_seq - wave.next_seq + 1
    room = (min(look_ahead, wave.pace * PACED_SECONDS) if wave.pace else look_ahead) - wave.outstanding
    n = min(left, room, wanted)
    if n in (left, wanted):
        return n
    return n - n % chunk_size


def _named(content: PinnedContent) -> UUID:
    assert content.content_id is not None
    return content.content_id


def _day_of(id_: UUID) -> int:
    """The UTC day of a UUIDv7 (RFC 9562 section 5.7), which is the partition that holds it."""
    return (id_.int >> 80) // 86_400_000
