"""Alerts of an application: list, read, acknowledge; and its policy, which says when something is trouble and who is told."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.alerting.manage_alerts import AlertCommand
from application.applications.commands import ListAlertsCommand
from domain.alerting.policy import MOST_PEOPLE, MOST_STEPS, Policy
from domain.applications.channel_state import Alert
from domain.applications.scopes import Scope
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.wire import ExternalId, Json, PageQuery, Timestamp
from entrypoints.rest.use_cases import RestUseCases

Share = Annotated[float, Meta(ge=0.001, le=1)]
Percent = Annotated[int, Meta(ge=1, le=100)]
QueueSeconds = Annotated[int, Meta(ge=10, le=86_400)]


class AlertDetailOut(Out):
    """Something that is or was wrong."""

    id: UUID
    kind: str
    severity: str
    detail: Json
    raised_at: Timestamp
    resolved_at: Timestamp | None
    acknowledged_at: Timestamp | None
    acknowledged_by: str | None
    escalation: Annotated[int, Meta(description="How many further steps of the ladder were told")]


class AlertDetailPage(Out):
    """Newest first."""

    items: list[AlertDetailOut]
    next_cursor: str | None


class AlertsQuery(PageQuery):
    """Which alerts."""

    include_resolved: bool = False


class LadderStep(In):
    """Who is told, by e-mail, when nobody acknowledged for so long."""

    after_minutes: Annotated[int, Meta(ge=0, le=10_080)]
    external_ids: Annotated[
        list[ExternalId],
        Meta(min_length=1, max_length=MOST_PEOPLE, description="Users with e-mail subscriptions"),
    ]


class AlertPolicyIn(In):
    """The whole policy: what is left out gets its default."""

    error_share: Share | UnsetType = UNSET
    error_floor: Annotated[int, Meta(ge=1, le=1_000_000)] | UnsetType = UNSET
    outage_share: Share | UnsetType = UNSET
    queue_seconds: QueueSeconds | UnsetType = UNSET
    bulk_queue_seconds: QueueSeconds | UnsetType = UNSET
    quota_percents: (
        Annotated[list[Percent], Meta(max_length=10, extra_json_schema={"uniqueItems": True})] | UnsetType
    ) = UNSET
    campaign_failed_share: Share | UnsetType = UNSET
    campaign_stalled_minutes: Annotated[int, Meta(ge=5, le=1_440)] | UnsetType = UNSET
    ladder: (
        Annotated[list[LadderStep], Meta(max_length=MOST_STEPS, description="Each later than the one before")]
        | UnsetType
    ) = UNSET


class LadderStepOut(Out):
    """A step of the ladder."""

    after_minutes: int
    external_ids: list[str]


class AlertPolicyOut(Out):
    """The policy with its defaults."""

    error_share: float
    error_floor: int
    outage_share: float
    queue_seconds: int
    bulk_queue_seconds: int
    quota_percents: list[int]
    campaign_failed_share: float
    campaign_stalled_minutes: int
    ladder: list[LadderStepOut]


def _out(one: Alert) -> AlertDetailOut:
    return AlertDetailOut(
        id=one.id,
        kind=one.kind,
        severity=one.severity,
        detail=dict(one.detail),
        raised_at=one.raised_at,
        resolved_at=one.resolved_at,
        acknowledged_at=one.acknowledged_at,
        acknowledged_by=one.acknowledged_by,
        escalation=one.escalation,
    )


def _policy_out(policy: Policy) -> AlertPolicyOut:
    return msgspec.convert(policy.to_json(), AlertPolicyOut)


def _named(call: Call) -> AlertCommand:
    actor = str(getattr(call.caller.identity, "key_id", ""))
    return AlertCommand(application_id=call.application_id, alert_id=call.path["alert_id"], actor=actor)


async def list_own_alerts(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/alerts"""
    query: AlertsQuery = call.query
    page = await use_cases.list_alerts(
        ListAlertsCommand(
            application_id=call.application_id,
            include_resolved=query.include_resolved,
            cursor=query.cursor,
            limit=query.limit,
        )
    )
    return Reply(AlertDetailPage(items=[_out(one) for one in page.items], next_cursor=page.next_cursor))


async def read_alert(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/alerts/{alert_id}"""
    return Reply(_out(await use_cases.read_alert(_named(call))))


async def acknowledge_alert(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/alerts/{alert_id}/acknowledge"""
    return Reply(_out(await use_cases.acknowledge_alert(_named(call))))


async def read_alert_policy(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/alerts/policy"""
    return Reply(_policy_out(await use_cases.read_alert_policy(call.application_id)))


async def set_alert_policy(use_cases: RestUseCases, call: Call) -> Reply:
    """PUT /v1/alerts/policy"""
    body: AlertPolicyIn = call.body
    given = {
        name: msgspec.to_builtins(value)
        for name in body.__struct_fields__
        if (value := getattr(body, name)) is not UNSET
    }
    return Reply(_policy_out(await use_cases.set_alert_policy(call.application_id, given)))


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/alerts",
        name="list_own_alerts",
        tag="alerts",
        summary="List what is wrong, or was",
        scope=Scope.APPLICATIONS_READ,
        query=AlertsQuery,
        replies={200: AlertDetailPage},
        handler=list_own_alerts,
    ),
    Route(
        method="GET",
        path="/v1/alerts/policy",
        name="read_alert_policy",
        tag="alerts",
        summary="Read from when on something is trouble, and who is told",
        scope=Scope.APPLICATIONS_READ,
        replies={200: AlertPolicyOut},
        handler=read_alert_policy,
    ),
    Route(
        method="PUT",
        path="/v1/alerts/policy",
        name="set_alert_policy",
        tag="alerts",
        summary="Set from when on something is trouble, and who is told",
        scope=Scope.APPLICATIONS_WRITE,
        body=AlertPolicyIn,
        replies={200: AlertPolicyOut},
        handler=set_alert_policy,
    ),
    Route(
        method="GET",
        path="/v1/alerts/{alert_id}",
        name="read_alert",
        tag="alerts",
        summary="Read an alert",
        scope=Scope.APPLICATIONS_READ,
        replies={200: AlertDetailOut},
        handler=read_alert,
    ),
    Route(
        method="POST",
        path="/v1/alerts/{alert_id}/acknowledge",
        name="acknowledge_alert",
        tag="alerts",
        summary="Say that somebody looks at it: nobody else is told",
        scope=Scope.APPLICATIONS_WRITE,
        replies={200: AlertDetailOut},
        handler=acknowledge_alert,
    ),
)
