"""What a webhook is told: a test, its deliveries, and a replay."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from application.webhooks.commands import ListDeliveriesCommand, ReplayWebhookCommand
from domain.applications.scopes import Scope
from domain.webhooks.endpoint import Delivery
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.wire import PageQuery, Timestamp
from entrypoints.rest.use_cases import RestUseCases
from entrypoints.rest.webhooks import webhook_named

StateName = Literal["waiting", "delivered", "failed"]


class DeliveryOut(Out):
    """One event on its way to the endpoint; `event_id` is the header webhook-id."""

    event_id: UUID
    event_type: str
    created_at: Timestamp
    state: StateName
    attempts: int
    next_at: Timestamp | None
    last_attempt_at: Timestamp | None
    last_status: int | None
    last_error: str | None


class DeliveryPage(Out):
    """Newest first."""

    items: list[DeliveryOut]
    next_cursor: str | None


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    state: StateName | None = None


class ReplayIn(In):
    """Tell everything again that happened since."""

    since: Annotated[datetime, Meta(tz=True, description="Within the last seven days")]


class ReplayedOut(Out):
    """How many events are told again."""

    events: int


class TestEventOut(Out):
    """The event that is on its way; see the deliveries for what becomes of it."""

    event_id: UUID


def _delivery_out(one: Delivery) -> DeliveryOut:
    state: StateName = "waiting" if one.state == 0 else "delivered" if one.state == 1 else "failed"
    return DeliveryOut(
        event_id=one.event_id,
        event_type=one.event_type,
        created_at=one.created_at,
        state=state,
        attempts=one.attempts,
        next_at=one.next_at,
        last_attempt_at=one.last_attempt_at,
        last_status=one.last_status,
        last_error=one.last_error,
    )


async def send_test_event(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/webhooks/{webhook_id}/test"""
    return Reply(TestEventOut(event_id=await use_cases.send_test_event(webhook_named(call))), status=202)


async def list_webhook_deliveries(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/webhooks/{webhook_id}/deliveries"""
    query: DeliveryQuery = call.query
    page = await use_cases.list_webhook_deliveries(
        ListDeliveriesCommand(
            application_id=call.application_id,
            webhook_id=call.path["webhook_id"],
            state=query.state,
            cursor=query.cursor,
            limit=query.limit,
        )
    )
    return Reply(DeliveryPage(items=[_delivery_out(one) for one in page.items], next_cursor=page.next_cursor))


async def replay_webhook(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/webhooks/{webhook_id}/replay"""
    body: ReplayIn = call.body
    events = await use_cases.replay_webhook(
        ReplayWebhookCommand(
            application_id=call.application_id, webhook_id=call.path["webhook_id"], since=body.since
        )
    )
    return Reply(ReplayedOut(events=events), status=202)


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/webhooks/{webhook_id}/test",
        name="send_test_event",
        tag="webhooks",
        summary="Send a webhook.test event",
        scope=Scope.APPLICATIONS_WRITE,
        replies={202: TestEventOut},
        errors=frozenset({409}),
        handler=send_test_event,
    ),
    Route(
        method="GET",
        path="/v1/webhooks/{webhook_id}/deliveries",
        name="list_webhook_deliveries",
        tag="webhooks",
        summary="List what a webhook was told in the last seven days",
        scope=Scope.APPLICATIONS_READ,
        query=DeliveryQuery,
        replies={200: DeliveryPage},
        handler=list_webhook_deliveries,
    ),
    Route(
        method="POST",
        path="/v1/webhooks/{webhook_id}/replay",
        name="replay_webhook",
        tag="webhooks",
        summary="Tell a webhook everything again that happened since",
        scope=Scope.APPLICATIONS_WRITE,
        body=ReplayIn,
        replies={202: ReplayedOut},
        errors=frozenset({409}),
        handler=replay_webhook,
    ),
)
