"""Works an audience out, for a dry run and for a launch alike: the same code, so that both mean the same people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs

from application.campaigns.content import CampaignContent
from application.campaigns.decide_waves import Waves, decide_waves, needs_zones
from application.campaigns.fingerprint import fingerprint
from application.ports.campaign_audience import Assigned, Assignment, AudienceQuery, AudienceWork, Wave
from domain.audience.segment.predicate import Predicate
from domain.audience.segment.targeting import Targeting
from domain.campaigns.advertising import AdvertisingRules
from domain.campaigns.frequency_cap import Priority
from domain.quota.entries import BillingMode
from domain.quota.money import Money
from domain.quota.windows import windows_at
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import CreditExhausted, QuotaExceeded, SignalError


@attrs.frozen(slots=True, kw_only=True)
class Circumstances:
    """What an audience is worked out with."""

    content: CampaignContent
    targeting: Targeting
    segments: Mapping[UUID, Predicate]
    advertising: AdvertisingRules | None
    home_zone: ZoneInfo
    started_at: datetime


@attrs.frozen(slots=True)
class Shortage:
    """What the quota or the credit lacks."""

    limited_by: str
    """daily, monthly or credit."""
    missing: int
    """Messages that do not fit."""
    error: SignalError
    """To raise when the campaign may not run dry."""


@attrs.frozen(slots=True, kw_only=True)
class WorkedOut:
    """The audience as it is in this snapshot."""

    waves: Sequence[Wave]
    """Those that somebody is in."""
    counts: Mapping[int, int]
    """Recipients by the wave's number."""
    assigned: Assigned
    fingerprint: str
    cost: Money
    costs: Mapping[Channel, Money]
    shortage: Shortage | None

    def recipients_of(self, channel: Channel) -> int:
        return sum(self.counts[wave.number] for wave in self.waves if wave.type.channel is channel)


async def work_out(work: AudienceWork, given: Circumstances, now: datetime) -> WorkedOut:
    """Leaves the decisions in the transaction, to be sampled, remembered or materialised."""
    timing = work.campaign.plan.timing
    types = [one for one in SubscriptionType if one.channel in given.content.channels]
    gathered = await work.gather(
        AudienceQuery(
            targeting=given.targeting,
            segments=given.segments,
            types=types,
            zones=needs_zones(timing),
            consent=given.advertising is not None,
            languages=given.content.speaks_languages,
        ),
        now,
    )
    decided: Waves = decide_waves(
        timing,
        gathered.groups,
        started_at=given.started_at,
        home_zone=given.home_zone,
        advertising=given.advertising,
    )
    assigned = await work.assign(
        Assignment(
            waves=decided.waves,
            verdicts=decided.verdicts,
            spoken=given.content.spoken(gathered.speakers),
            dedupe=timing.dedupe,
            channels=given.content.channels,
            caps=() if timing.priority is Priority.ESSENTIAL else timing.frequency_caps,
        )
    )
    counts = {one.wave: one.n for one in assigned.waves}
    waves = [wave for wave in decided.waves if wave.number in counts]
    terms = await work.terms()
    costs = {
        channel: Money(terms.unit_prices.get(channel, Decimal(0)), terms.billing_currency)
        * sum(counts[wave.number] for wave in waves if wave.type.channel is channel)
        for channel in given.content.channels
    }
    cost = sum(costs.values(), Money.zero(terms.billing_currency))
    return WorkedOut(
        waves=waves,
        counts=counts,
        assigned=assigned,
        fingerprint=fingerprint(assigned.digest, given.content.digest),
        cost=cost,
        costs=costs,
        shortage=await _shortage(work, waves, counts, cost, now),
    )


async def _shortage(
    work: AudienceWork, waves: Sequence[Wave], counts: Mapping[int, int], cost: Money, now: datetime
) -> Shortage | None:
    """The most that any limit lacks, each day and month by the application's own calendar."""
    terms = await work.terms()
    days: dict[date, int] = {}
    months: dict[date, int] = {}
    resets: dict[tuple[str, date], datetime] = {}
    for wave in waves:
        windows = windows_at(max(wave.due_at, now), terms.time_zone)
        days[windows.day] = days.get(windows.day, 0) + counts[wave.number]
        months[windows.month] = months.get(windows.month, 0) + counts[wave.number]
        resets["daily", windows.day] = windows.daily_reset
        resets["monthly", windows.month] = windows.monthly_reset
    found: list[tuple[int, str, date, int]] = []
    for kind, limit, wanted in (
        ("daily", terms.daily_quota, days),
        ("monthly", terms.monthly_quota, months),
    ):
        for starts, n in wanted.items() if limit is not None else ():
            assert limit is not None
            used = await work.usage(starts, starts.replace(day=1))
            left = max(0, limit - (used.daily_used if kind == "daily" else used.monthly_used))
            if n > left:
                found.append((n - left, kind, starts, n))
    if found:
        missing, kind, starts, n = max(found)
        reset = resets[kind, starts]
        return Shortage(
            kind,
            missing,
            QuotaExceeded(
                f"{n} messages do not fit into the {kind} quota: {missing} are missing",
                reset_date=reset,
                extra={"quota": kind, "missing": missing},
            ),
        )
    lacking = cost - terms.credit_balance
    if terms.billing_mode is BillingMode.PREPAID and lacking.amount > 0:
        price = max(terms.unit_prices.values(), default=Decimal(1)) or Decimal(1)
        return Shortage(
            "credit",
            int(-(-lacking.amount // price)),
            CreditExhausted(
                f"the prepaid credit lacks {lacking.rounded().amount:f} {cost.currency}",
                fix="top up the credit, or allow the campaign to run dry",
                extra={"missing_amount": f"{lacking.amount:f}", "currency": cost.currency},
            ),
        )
    return None
