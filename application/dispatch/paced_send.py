"""Sends one chunk at its campaign's rate: small even slices inside a slot that is reserved across all workers."""

from __future__ import annotations

import asyncio
import time
from functools import partial

import attrs

from application.ports.campaign_pacing import CampaignPacing
from application.ports.channels import ChannelSender, MayStart, Report, SendBatch
from domain.messaging.outcome import NotAttempted, Outcome
from domain.shared.errors import SignalError

SLICE_SECONDS = 0.01
"""What starts at once: a hundredth of a second's sends, so that no window holds much more than its share."""
SLOT_SECONDS = 1.0
AHEAD_SECONDS = 2.0
"""A chunk whose slot begins later goes back to the queue: pausing and cancelling stay quick."""
GRACE_SECONDS = 0.01
"""How far a late slot may reach into the next one; what is later takes a slot of its own."""
POLL_SECONDS = 0.25
UNAVAILABLE = NotAttempted("pacing_unavailable", retry_after=1.0)
TOO_EARLY = NotAttempted("paced", retry_after=AHEAD_SECONDS)


class PacedSend:
    """`await send(sender, batch, report, may_start, bucket, rate)` reports every envelope, as the sender would."""

    def __init__(self, pacing: CampaignPacing) -> None:
        self._pacing = pacing

    async def __call__(
        self,
        sender: ChannelSender,
        batch: SendBatch,
        report: Report,
        may_start: MayStart,
        bucket: str,
        rate: float,
    ) -> None:
        """Late slots are shifted and never caught up: what does not fit into one any more reserves again."""
        total, at = len(batch.envelopes), 0
        refusal = NotAttempted("cancelled")
        try:
            async with asyncio.TaskGroup() as group:
                while at < total:
                    n = min(total - at, max(1, int(rate * SLOT_SECONDS)))
                    try:
                        delay = await self._pacing.reserve_soon(bucket, n, rate, AHEAD_SECONDS)
                    except SignalError:
                        refusal = UNAVAILABLE
                        break
                    if delay is None:
                        refusal = TOO_EARLY
                        break
                    turn = time.monotonic() + delay
                    end = turn + n / rate + GRACE_SECONDS
                    first, until = at, at + n
                    while at < until:
                        if not await _wait(turn, may_start):
                            refusal = NotAttempted()
                            return
                        now = time.monotonic()
                        if now > end and at > first:
                            break
                        size = min(max(1, int(rate * SLICE_SECONDS)), until - at)
                        part = attrs.evolve(batch, envelopes=batch.envelopes[at : at + size])
                        group.create_task(sender.send(part, partial(_shifted, report, at), may_start))
                        turn = max(turn, now) + size / rate
                        at += size
        finally:
            for index in range(at, total):
                report(index, refusal)


def _shifted(report: Report, by: int, index: int, outcome: Outcome) -> None:
    report(by + index, outcome)


async def _wait(turn: float, may_start: MayStart) -> bool:
    """Until the turn has come; False when nothing may start any more."""
    while (left := turn - time.monotonic()) > 0:
        await asyncio.sleep(min(left, POLL_SECONDS))
        if left > POLL_SECONDS and not may_start():
            return False
    return may_start()
