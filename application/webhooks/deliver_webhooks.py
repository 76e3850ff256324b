"""Tell endpoints what they are owed: signed, a few at a time for each, so that a slow one delays nobody else."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from datetime import datetime
from typing import Final
from uuid import UUID

from application.ports.clock import Clock
from application.ports.identifiers import Randomness
from application.ports.log_context import EVENT_ID
from application.ports.vault import SealBroken, Vault
from application.ports.webhooks import (
    WEBHOOK_COLUMN,
    OwedDeliveries,
    OwedDelivery,
    Posted,
    PostMeasures,
    WebhookPoster,
)
from application.steps import repeat
from domain.shared.errors import SignalError
from domain.webhooks.schedule import has_failed_too_long, next_attempt
from domain.webhooks.signature import sign

log = logging.getLogger(__name__)

AT_ONCE: Final = 400
"""Posts under way in one process: tasks that mostly wait."""
LOOK_EVERY: Final = 0.5
"""Seconds between looks when nothing was due."""
TIDY_EVERY: Final = 300.0
GONE: Final = 410
MAX_ERROR: Final = 200


class DeliverWebhooks:
    """A loop of the scheduler; several share the work through claims."""

    def __init__(
        self,
        owed: OwedDeliveries,
        poster: WebhookPoster,
        vault: Vault,
        clock: Clock,
        randomness: Randomness,
        measures: PostMeasures,
    ) -> None:
        self._owed = owed
        self._poster = poster
        self._vault = vault
        self._clock = clock
        self._randomness = randomness
        self._measures = measures
        self._in_hand: Counter[UUID] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._tidied = float("-inf")

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set; posts under way are then given up, and made again after their claim."""
        try:
            await repeat("delivering webhooks", self._look, stopping, every=LOOK_EVERY)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._poster.close()

    async def _look(self) -> bool:
        """Whether there may be more that fits."""
        started = await self.start_due()
        if time.monotonic() - self._tidied >= TIDY_EVERY:
            self._tidied = time.monotonic()
            await self._owed.tidy(self._clock.now())
        return started > 0 and len(self._tasks) < AT_ONCE

    async def start_due(self) -> int:
        """Start what is due and fits; answer how many posts were started."""
        room = AT_ONCE - len(self._tasks)
        if room <= 0:
            return 0
        claimed = await self._owed.claim(self._clock.now(), room=room, in_hand=dict(self._in_hand))
        for one in claimed:
            self._in_hand[one.endpoint_id] += 1
            task = asyncio.create_task(self._deliver(one))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(claimed)

    async def finish(self) -> None:
        """Wait for what was started."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def _deliver(self, one: OwedDelivery) -> None:
        EVENT_ID.set(one.event_id)
        try:
            started = time.monotonic()
            posted = await self._post(one)
            outcome = (
                "delivered" if posted.is_success else "unreachable" if posted.status is None else "refused"
            )
            self._measures.posted(outcome, time.monotonic() - started)
            await self._note(one, posted)
        except SignalError as error:
            # The claim ends by itself, and the post is made again.
            log.warning("the delivery of %s could not be written down: %s", one.event_id, error)
        except Exception:
            log.exception("the delivery of %s failed", one.event_id)
        finally:
            self._in_hand[one.endpoint_id] -= 1
            if self._in_hand[one.endpoint_id] <= 0:
                del self._in_hand[one.endpoint_id]

    async def _post(self, one: OwedDelivery) -> Posted:
        try:
            secrets = [
                self._vault.open(
                    sealed, application_id=one.application_id, row=str(one.endpoint_id), column=WEBHOOK_COLUMN
                )
                for sealed in one.secrets
            ]
        except SealBroken:
            return Posted(None, "the secret cannot be opened: give the webhook a new one")
        body = body_of(one)
        timestamp = int(self._clock.now().timestamp())
        headers = {
            "content-type": "application/json",
            "webhook-id": str(one.event_id),
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(secrets, str(one.event_id), timestamp, body),
        }
        return await self._poster.post(one.url, headers, body)

    async def _note(self, one: OwedDelivery, posted: Posted) -> None:
        now = self._clock.now()
        if posted.is_success:
            assert posted.status is not None
            await self._owed.succeeded(one, posted.status, now)
            return
        next_at = next_attempt(one.attempt, now, self._randomness.uniform(), posted.retry_after)
        error = (posted.error or f"answered {posted.status}")[:MAX_ERROR]
        await self._owed.failed(
            one,
            status=posted.status,
            error=error,
            next_at=next_at,
            now=now,
            disable=await self._disable(one, posted, now),
        )

    async def _disable(self, one: OwedDelivery, posted: Posted, now: datetime) -> str | None:
        if posted.status == GONE:
            return "gone"
        if one.is_failing and has_failed_too_long(await self._owed.failing_since(one.endpoint_id), now):
            return "failing"
        return None


def body_of(one: OwedDelivery) -> bytes:
    """What is posted; the same bytes at every attempt, so that a receiver may compare them."""
    timestamp = one.created_at.isoformat().replace("+00:00", "Z")
    text = (
        f'{{"type":"{one.event_type}","timestamp":"{timestamp}","application_id":"{one.application_id}",'
        f'"data":{{"events":{one.payload}}}}}'
    )
    return text.encode()
