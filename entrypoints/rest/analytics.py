"""Figures: totals, series, funnels, growth, usage and silent devices."""

from __future__ import annotations

from application.analytics.commands import ReadInactiveCommand
from domain.applications.scopes import Scope
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.wire import amount
from entrypoints.rest.analytics_wire import (
    ChurnOut,
    CohortOut,
    FiguresQuery,
    FunnelOut,
    GroupedQuery,
    GrowthOut,
    InactiveOut,
    InactiveQuery,
    OpenClassOut,
    SeriesOut,
    SpanQuery,
    StandOut,
    TotalsOut,
    UsageOut,
    UsedOut,
    figures_command,
    figures_out,
    group_out,
    period_out,
    point_out,
    span_command,
)
from entrypoints.rest.use_cases import RestUseCases


async def read_totals(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/analytics/totals"""
    query: GroupedQuery = call.query
    found = await use_cases.read_totals(figures_command(call.application_id, query, query.group_by))
    return Reply(
        TotalsOut(
            period=period_out(found.period),
            total=figures_out(found.total),
            groups=[group_out(one) for one in found.groups],
            truncated=found.truncated,
        )
    )


async def read_series(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/analytics/series"""
    query: GroupedQuery = call.query
    found = await use_cases.read_series(figures_command(call.application_id, query, query.group_by))
    return Reply(SeriesOut(period=period_out(found.period), points=[point_out(one) for one in found.points]))


async def read_funnel(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/analytics/funnel"""
    found = await use_cases.read_funnel(figures_command(call.application_id, call.query))
    return Reply(
        FunnelOut(
            period=period_out(found.period),
            figures=figures_out(found.figures),
            mean_seconds_to_open=found.mean_seconds_to_open,
            median_within_seconds=found.median_within_seconds,
            open_times=[
                OpenClassOut(until_seconds=one.until_seconds, messages=one.messages)
                for one in found.open_times
            ],
        )
    )


async def read_subscriptions(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/analytics/subscriptions"""
    found = await use_cases.read_subscriptions(span_command(call.application_id, call.query))
    return Reply(
        GrowthOut(
            period=period_out(found.period),
            now={
                channel: StandOut(subscriptions=n, reachable=reachable)
                for channel, (n, reachable) in found.now.items()
            },
            points=[
                ChurnOut(
                    at=one.bucket,
                    channel=one.channel,
                    created=one.created,
                    subscribed=one.subscribed,
                    unsubscribed=one.unsubscribed,
                    archived=one.archived,
                    reasons=dict(one.reasons),
                )
                for one in found.points
            ],
        )
    )


async def read_usage(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/analytics/usage"""
    found = await use_cases.read_usage(span_command(call.application_id, call.query))
    return Reply(
        UsageOut(
            period=period_out(found.period),
            points=[
                UsedOut(
                    at=one.bucket,
                    channel=one.channel,
                    currency=one.currency,
                    reserved=one.reserved,
                    settled=one.settled,
                    released=one.released,
                    given_back=one.given_back,
                    cost=amount(one.cost),
                )
                for one in found.points
            ],
        )
    )


async def read_inactive(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/analytics/inactive-devices"""
    query: InactiveQuery = call.query
    days = tuple(int(one) for one in query.days.split(","))
    found = await use_cases.read_inactive(
        ReadInactiveCommand(application_id=call.application_id, zone=query.zone, days=days)
    )
    return Reply(
        InactiveOut(
            at=found.at,
            zone=found.zone,
            cohorts=[
                CohortOut(
                    month=one.month,
                    type=one.type,
                    devices=one.devices,
                    reachable=one.reachable,
                    silent={str(bound): n for bound, n in one.silent.items()},
                    never_heard=one.never_heard,
                )
                for one in found.cohorts
            ],
        )
    )


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/analytics/totals",
        name="read_totals",
        tag="analytics",
        summary="Figures of a time, compared by whatever they are kept by",
        description="Exact and live: what was settled a moment ago is in. Accepted messages have no provider, country or"
        " app version yet.",
        scope=Scope.ANALYTICS_READ,
        query=GroupedQuery,
        replies={200: TotalsOut},
        handler=read_totals,
    ),
    Route(
        method="GET",
        path="/v1/analytics/series",
        name="read_series",
        tag="analytics",
        summary="Figures over time, by the hour, day or month of a zone",
        scope=Scope.ANALYTICS_READ,
        query=GroupedQuery,
        replies={200: SeriesOut},
        handler=read_series,
    ),
    Route(
        method="GET",
        path="/v1/analytics/funnel",
        name="read_funnel",
        tag="analytics",
        summary="Accepted, sent, received, opened; and the time to open",
        scope=Scope.ANALYTICS_READ,
        query=FiguresQuery,
        replies={200: FunnelOut},
        handler=read_funnel,
    ),
    Route(
        method="GET",
        path="/v1/analytics/subscriptions",
        name="read_subscription_growth",
        tag="analytics",
        summary="Growth and churn of subscriptions by reason",
        scope=Scope.ANALYTICS_READ,
        query=SpanQuery,
        replies={200: GrowthOut},
        handler=read_subscriptions,
    ),
    Route(
        method="GET",
        path="/v1/analytics/usage",
        name="read_usage",
        tag="analytics",
        summary="Quota and cost by channel, from the ledger",
        scope=Scope.ANALYTICS_READ,
        query=SpanQuery,
        replies={200: UsageOut},
        handler=read_usage,
    ),
    Route(
        method="GET",
        path="/v1/analytics/inactive-devices",
        name="read_inactive_devices",
        tag="analytics",
        summary="Devices that fell silent, by the month in which they came",
        scope=Scope.ANALYTICS_READ,
        query=InactiveQuery,
        replies={200: InactiveOut},
        handler=read_inactive,
    ),
)
