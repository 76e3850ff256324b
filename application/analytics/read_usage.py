"""Quota and cost by channel, as the ledger has them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import attrs

from application.analytics.asked_period import AskedPeriod
from application.analytics.commands import FiguresCommand
from application.ports.analytics import Analytics
from domain.analytics.dimension import Dimension, told
from domain.analytics.period import Period
from domain.quota.entries import EntryKind


@attrs.frozen(slots=True)
class Used:
    """One bucket of one channel: messages that were reserved, charged, released and given back, and the cost of the charged."""

    bucket: datetime
    channel: str
    currency: str
    reserved: int
    settled: int
    released: int
    given_back: int
    cost: Decimal
    """Of what was settled, less what was given back."""


@attrs.frozen(slots=True, kw_only=True)
class Usage:
    period: Period
    points: list[Used]


@attrs.frozen(kw_only=True)
class ReadUsage:
    analytics: Analytics
    period: AskedPeriod

    async def __call__(self, command: FiguresCommand) -> Usage:
        """Raise NotFound, InvalidInput naming since, until or zone, CountTimedOut."""
        period = await self.period(command)
        messages: dict[tuple[datetime, int, str], dict[str, int]] = {}
        costs: dict[tuple[datetime, int, str], Decimal] = {}
        for row in await self.analytics.usage(command.application_id, period):
            key = (row.bucket, row.channel, row.currency)
            moved = messages.setdefault(key, {})
            moved[row.kind] = moved.get(row.kind, 0) + row.n
            sign = {EntryKind.SETTLE.value: 1, EntryKind.GIVE_BACK.value: -1}.get(row.kind, 0)
            costs[key] = costs.get(key, Decimal(0)) + sign * row.amount
        return Usage(
            period=period,
            points=[
                Used(
                    bucket,
                    told(Dimension.CHANNEL, channel) or "",
                    currency,
                    moved.get(EntryKind.RESERVE.value, 0),
                    moved.get(EntryKind.SETTLE.value, 0),
                    moved.get(EntryKind.RELEASE.value, 0),
                    moved.get(EntryKind.GIVE_BACK.value, 0),
                    costs[bucket, channel, currency],
                )
                for (bucket, channel, currency), moved in sorted(messages.items())
            ],
        )
