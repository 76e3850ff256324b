"""Growth and churn: how many subscriptions came and went, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from application.analytics.asked_period import AskedPeriod
from application.analytics.commands import FiguresCommand
from application.ports.analytics import Analytics, SubscriptionRow
from domain.analytics.period import Period


@attrs.frozen(slots=True)
class Churn:
    """One bucket of one channel."""

    bucket: datetime
    channel: str
    created: int
    subscribed: int
    unsubscribed: int
    archived: int
    reasons: Mapping[str, int]
    """Why they left: a code's or a caller's word → how many."""


@attrs.frozen(slots=True, kw_only=True)
class Growth:
    period: Period
    now: Mapping[str, tuple[int, int]]
    """Channel → (subscriptions, those that can be reached) at this moment."""
    points: list[Churn]


@attrs.frozen(kw_only=True)
class ReadSubscriptions:
    analytics: Analytics
    period: AskedPeriod

    async def __call__(self, command: FiguresCommand) -> Growth:
        """Raise NotFound, InvalidInput naming since, until or zone, CountTimedOut."""
        period = await self.period(command)
        rows = await self.analytics.subscriptions(command.application_id, period)
        groups: dict[tuple[datetime, str], list[SubscriptionRow]] = {}
        for row in rows:
            groups.setdefault((row.bucket, row.channel), []).append(row)
        return Growth(
            period=period,
            now=await self.analytics.subscribed(command.application_id),
            points=[_churn(*key, groups[key]) for key in sorted(groups)],
        )


def _churn(bucket: datetime, channel: str, rows: list[SubscriptionRow]) -> Churn:
    counts: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for row in rows:
        counts[row.event_type] = counts.get(row.event_type, 0) + row.n
        if row.event_type in ("unsubscribed", "archived"):
            reasons[row.reason or row.event_type] = reasons.get(row.reason or row.event_type, 0) + row.n
    return Churn(
        bucket,
        channel,
        counts.get("created", 0),
        counts.get("subscribed", 0),
        counts.get("unsubscribed", 0),
        counts.get("archived", 0),
        dict(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
    )
