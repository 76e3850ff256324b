"""Figures on the wire."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from application.analytics.commands import FiguresCommand
from application.analytics.figures import Figures, Group
from domain.analytics.dimension import parse_filters, parse_groupings
from domain.analytics.period import Granularity, Period
from entrypoints.http.decoding import In, Out, utc
from entrypoints.http.wire import ChannelName, SignedAmount, Timestamp, TypeName

GranularityName = Literal["hour", "day", "month"]
Zone = Annotated[
    str, Meta(min_length=1, max_length=64, description="IANA name; without: the application's own time zone")
]
GroupBy = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=120,
        description="Up to three of channel, type, provider, campaign_id, template_id, country, app_version, reason;"
        " separated by commas",
    ),
]
Named = Annotated[str, Meta(min_length=1, max_length=200, description="`none`: where there is none")]
Rate = Annotated[float, Meta(ge=0)] | None


class SpanQuery(In):
    """A time: from a week before `until`, until now; widened to whole buckets."""

    since: Timestamp | None = None
    until: Timestamp | None = None
    zone: Zone | None = None
    granularity: GranularityName = "day"


class FiguresQuery(SpanQuery):
    """A time, how to tell apart, and which messages."""

    channel: ChannelName | None = None
    type: TypeName | None = None
    provider: Named | None = None
    campaign_id: Named | None = None
    template_id: Named | None = None
    country: Named | None = None
    app_version: Named | None = None
    reason: Named | None = None


class GroupedQuery(FiguresQuery):
    """The same, told apart."""

    group_by: GroupBy | None = None


class InactiveQuery(In):
    """From how many days of silence on."""

    days: Annotated[str, Meta(pattern=r"^\d{1,4}(,\d{1,4}){0,5}$", description="As 7,30,90")] = "7,30,90"
    zone: Zone | None = None


class PeriodOut(Out):
    """What was counted: whole buckets."""

    since: Timestamp
    until: Timestamp
    zone: str
    granularity: GranularityName


class FiguresOut(Out):
    """Messages by what happened to them in that time, each at most once under sent, failed, received and converted; rates
    are null where there is nothing to be a part of."""

    accepted: int
    sent: int
    failed: int
    errored: int
    retried: int
    received: int
    converted: int
    canceled: int
    displayed: int
    clicked: int
    dismissed: int
    reported: int
    success_rate: Annotated[Rate, Meta(description="sent / (sent + failed)")]
    received_rate: Annotated[Rate, Meta(description="received / sent")]
    conversion_rate: Annotated[Rate, Meta(description="converted / received")]
    open_rate: Annotated[Rate, Meta(description="converted / sent")]


class GroupOut(Out):
    """One group: its values (null: none) and its figures."""

    group: dict[str, str | None]
    figures: FiguresOut


class PointOut(Out):
    """One bucket, by its first moment, and group."""

    at: Timestamp
    group: dict[str, str | None]
    figures: FiguresOut


class TotalsOut(Out):
    """`total` is of all groups, also of those that are not told."""

    period: PeriodOut
    total: FiguresOut
    groups: list[GroupOut]
    truncated: Annotated[bool, Meta(description="There are more groups than the thousand largest")]


class SeriesOut(Out):
    """In the order of time. Without group_by every bucket is there, else those of groups in which something happened."""

    period: PeriodOut
    points: list[PointOut]


class OpenClassOut(Out):
    """Messages opened within this time of being sent, and not within the one before."""

    until_seconds: int | None
    messages: int


class FunnelOut(Out):
    """From accepted to opened, and how long that took."""

    period: PeriodOut
    figures: FiguresOut
    mean_seconds_to_open: float | None
    median_within_seconds: Annotated[
        int | None,
        Meta(description="Half were opened within this; null: none were, or it took longer than three days"),
    ]
    open_times: list[OpenClassOut]


class StandOut(Out):
    """Subscriptions at this moment."""

    subscriptions: int
    reachable: int


class ChurnOut(Out):
    """Who came and went in one bucket of one channel; reasons are of unsubscribed and archived."""

    at: Timestamp
    channel: str
    created: int
    subscribed: int
    unsubscribed: int
    archived: int
    reasons: dict[str, int]


class GrowthOut(Out):
    """Growth and churn by channel."""

    period: PeriodOut
    now: dict[str, StandOut]
    points: list[ChurnOut]


class UsedOut(Out):
    """What the ledger moved in one bucket on one channel; cost is of what was settled less what was given back."""

    at: Timestamp
    channel: str
    currency: str
    reserved: int
    settled: int
    released: int
    given_back: int
    cost: SignedAmount


class UsageOut(Out):
    """Quota and cost by channel."""

    period: PeriodOut
    points: list[UsedOut]


class CohortOut(Out):
    """Devices of one type that came in one month."""

    month: Timestamp
    type: str
    devices: int
    reachable: int
    silent: Annotated[dict[str, int], Meta(description="Days → devices silent for at least so long")]
    never_heard: int


class InactiveOut(Out):
    """Who fell silent, by the month in which they came."""

    at: Timestamp
    zone: str
    cohorts: list[CohortOut]


def span_command(application_id: UUID, query: SpanQuery) -> FiguresCommand:
    return FiguresCommand(
        application_id=application_id,
        since=None if query.since is None else utc(query.since, field="since"),
        until=None if query.until is None else utc(query.until, field="until"),
        zone=query.zone,
        granularity=Granularity(query.granularity),
    )


def figures_command(application_id: UUID, query: FiguresQuery, group_by: str | None = None) -> FiguresCommand:
    """Raise InvalidInput naming the filter or group_by."""
    span = span_command(application_id, query)
    return FiguresCommand(
        application_id=application_id,
        since=span.since,
        until=span.until,
        zone=span.zone,
        granularity=span.granularity,
        group_by=parse_groupings(group_by),
        filters=parse_filters(
            {
                "channel": query.channel,
                "type": query.type,
                "provider": query.provider,
                "campaign_id": query.campaign_id,
                "template_id": query.template_id,
                "country": query.country,
                "app_version": query.app_version,
                "reason": query.reason,
            }
        ),
    )


def period_out(period: Period) -> PeriodOut:
    return PeriodOut(
        since=period.since, until=period.until, zone=period.zone, granularity=period.granularity.value
    )


def figures_out(one: Figures) -> FiguresOut:
    return FiguresOut(**{name: getattr(one, name) for name in FiguresOut.__struct_fields__})


def group_out(one: Group) -> GroupOut:
    return GroupOut(group=_keys(one), figures=figures_out(one.figures))


def point_out(one: Group) -> PointOut:
    assert one.bucket is not None, "a point has its bucket"
    return PointOut(at=one.bucket, group=_keys(one), figures=figures_out(one.figures))


def _keys(one: Group) -> dict[str, str | None]:
    return {dimension.value: value for dimension, value in one.keys.items()}
