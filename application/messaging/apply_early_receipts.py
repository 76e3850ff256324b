"""Apply receipts that overtook the outcome of their message: a step of the reconciler."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import attrs

from application.messaging.receipt_plan import plan_receipts
from application.ports.clock import Clock
from application.ports.receipts import EarlyReceipts, LockedMessage, ReceiptPlan, Receipts


@attrs.frozen(slots=True)
class EarlyApplied:
    """Counts of one step; `seen` receipts were looked at."""

    seen: int
    applied: int
    dropped: int
    """Orphans: their message does not exist (any more)."""


class ApplyEarlyReceipts:
    """`await apply(limit)` looks at the next `limit` kept receipts; over several calls it goes round all of them."""

    def __init__(self, early: EarlyReceipts, receipts: Receipts, clock: Clock) -> None:
        self._early = early
        self._receipts = receipts
        self._clock = clock
        self._after: UUID | None = None

    async def __call__(self, limit: int = 1_000) -> EarlyApplied:
        """Raise Unavailable when storage is away; the next call goes on where this one started."""
        items = await self._early.page(self._after, limit)
        if not items and self._after is not None:
            self._after = None
            items = await self._early.page(None, limit)
        if not items:
            return EarlyApplied(0, 0, 0)
        now = self._clock.now()
        floor, end = await self._receipts.bounds()
        done = dropped = 0

        def decide(
            messages: Mapping[UUID, LockedMessage], installs: Mapping[UUID, UUID | None]
        ) -> ReceiptPlan:
            nonlocal done, dropped
            dropped = sum(item.message_id not in messages for item in items)
            _, plan = plan_receipts(items, messages, installs, now)
            done = len(plan.done)
            # Still early: they lie where they are.
            plan.early.clear()
            return plan

        within = sorted({item.message_id for item in items if floor <= item.message_id < end})
        await self._receipts.apply(within, (), decide, now)
        self._after = items[-1].event_id if len(items) == limit else None
        return EarlyApplied(seen=len(items), applied=done - dropped, dropped=dropped)
