"""Webhooks: where an application wants to be told what happened; deliveries, replay, and a test."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.webhooks.commands import (
    CreateWebhookCommand,
    ListDeliveriesCommand,
    ReplayWebhookCommand,
    UpdateWebhookCommand,
    WebhookCommand,
)
from domain.applications.scopes import Scope
from domain.shared.errors import InvalidInput
from domain.webhooks.endpoint import Delivery, Endpoint
from domain.webhooks.event_types import FILTERS
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.wire import PageQuery, Timestamp
from entrypoints.rest.use_cases import RestUseCases

Url = Annotated[str, Meta(min_length=8, max_length=2048, description="https, a public host")]
Description = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*$")]
Filter = Annotated[str, Meta(max_length=64, extra_json_schema={"enum": list(FILTERS)})]
Filters = Annotated[list[Filter], Meta(max_length=50, description="None: everything")]
StateName = Literal["waiting", "delivered", "failed"]


class WebhookIn(In):
    """A new endpoint."""

    url: Url
    description: Description = ""
    event_types: Filters = msgspec.field(default_factory=list)


class WebhookChange(In):
    """What is left out stays. Switching on forgets that it failed."""

    url: Url | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    event_types: Filters | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class WebhookOut(Out):
    """An endpoint; its secret is told once and never again."""

    id: UUID
    url: str
    description: str
    event_types: list[str]
    is_active: bool
    failing_since: Timestamp | None
    disabled_reason: str | None
    created_at: Timestamp
    updated_at: Timestamp


class CreatedWebhookOut(WebhookOut):
    """A new endpoint with its secret, which is told only now."""

    secret: Annotated[str, Meta(description="whsec_…, verifies the header webhook-signature")]


class WebhookList(Out):
    """In the order in which they were made; at most twenty."""

    items: list[WebhookOut]


class WebhookSecretOut(Out):
    """Told only now; the one before signs besides it for a day."""

    secret: str


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


def _out(one: Endpoint) -> WebhookOut:
    return WebhookOut(
        id=one.id,
        url=one.url,
        description=one.description,
        event_types=list(one.event_types),
        is_active=one.is_active,
        failing_since=one.failing_since,
        disabled_reason=one.disabled_reason,
        created_at=one.created_at,
        updated_at=one.updated_at,
    )


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


def _named(call: Call) -> WebhookCommand:
    return WebhookCommand(application_id=call.application_id, webhook_id=call.path["webhook_id"])


async def create_webhook(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/webhooks"""
    body: WebhookIn = call.body
    made = await use_cases.create_webhook(
        CreateWebhookCommand(
            application_id=call.application_id,
            url=body.url,
            description=body.description,
            event_types=tuple(body.event_types),
        )
    )
    shown = _out(made.endpoint)
    fields = {name: getattr(shown, name) for name in shown.__struct_fields__}
    headers = {"Location": f"/v1/webhooks/{made.endpoint.id}"}
    return Reply(CreatedWebhookOut(**fields, secret=made.secret), status=201, headers=headers)


async def list_webhooks(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/webhooks"""
    found = await use_cases.list_webhooks(call.application_id)
    return Reply(WebhookList(items=[_out(one) for one in found]))


async def read_webhook(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/webhooks/{webhook_id}"""
    return Reply(_out(await use_cases.read_webhook(_named(call))))


async def update_webhook(use_cases: RestUseCases, call: Call) -> Reply:
    """PATCH /v1/webhooks/{webhook_id}"""
    body: WebhookChange = call.body
    given = {name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not UNSET}
    if not given:
        raise InvalidInput(
            "nothing is to be changed", field="body", fix="give url, description, event_types or is_active"
        )
    filters = None if body.event_types is UNSET else tuple(body.event_types)
    changed = await use_cases.update_webhook(
        UpdateWebhookCommand(
            application_id=call.application_id,
            webhook_id=call.path["webhook_id"],
            **{**given, **({} if filters is None else {"event_types": filters})},
        )
    )
    return Reply(_out(changed))


async def remove_webhook(use_cases: RestUseCases, call: Call) -> Reply:
    """DELETE /v1/webhooks/{webhook_id}"""
    await use_cases.remove_webhook(_named(call))
    return Reply(status=204)


async def rotate_webhook_secret(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/webhooks/{webhook_id}/rotate-secret"""
    return Reply(WebhookSecretOut(secret=await use_cases.rotate_webhook_secret(_named(call))))


async def send_test_event(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/webhooks/{webhook_id}/test"""
    return Reply(TestEventOut(event_id=await use_cases.send_test_event(_named(call))), status=202)


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
        path="/v1/webhooks",
        name="create_webhook",
        tag="webhooks",
        summary="Be told what happens, at a URL; answers the secret, once",
        description="Posts are signed as Standard Webhooks are (webhook-id, webhook-timestamp, webhook-signature), "
        "repeated for 28 hours until a 2xx answers, and may come twice: the webhook-id tells.",
        scope=Scope.APPLICATIONS_WRITE,
        body=WebhookIn,
        replies={201: CreatedWebhookOut},
        errors=frozenset({409}),
        handler=create_webhook,
    ),
    Route(
        method="GET",
        path="/v1/webhooks",
        name="list_webhooks",
        tag="webhooks",
        summary="List webhooks",
        scope=Scope.APPLICATIONS_READ,
        replies={200: WebhookList},
        handler=list_webhooks,
    ),
    Route(
        method="GET",
        path="/v1/webhooks/{webhook_id}",
        name="read_webhook",
        tag="webhooks",
        summary="Read a webhook",
        scope=Scope.APPLICATIONS_READ,
        replies={200: WebhookOut},
        handler=read_webhook,
    ),
    Route(
        method="PATCH",
        path="/v1/webhooks/{webhook_id}",
        name="update_webhook",
        tag="webhooks",
        summary="Change a webhook, or switch it off and on",
        scope=Scope.APPLICATIONS_WRITE,
        body=WebhookChange,
        replies={200: WebhookOut},
        handler=update_webhook,
    ),
    Route(
        method="DELETE",
        path="/v1/webhooks/{webhook_id}",
        name="remove_webhook",
        tag="webhooks",
        summary="Remove a webhook and forget what it was owed",
        scope=Scope.APPLICATIONS_WRITE,
        replies={204: None},
        handler=remove_webhook,
    ),
    Route(
        method="POST",
        path="/v1/webhooks/{webhook_id}/rotate-secret",
        name="rotate_webhook_secret",
        tag="webhooks",
        summary="Give a webhook a new secret; the old one signs besides it for a day",
        scope=Scope.APPLICATIONS_WRITE,
        replies={200: WebhookSecretOut},
        handler=rotate_webhook_secret,
    ),
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
