"""Webhooks: where an application wants to be told what happened, and the secret that signs it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.webhooks.commands import CreateWebhookCommand, UpdateWebhookCommand, WebhookCommand
from domain.applications.scopes import Scope
from domain.shared.errors import InvalidInput
from domain.webhooks.endpoint import Endpoint
from domain.webhooks.event_types import FILTERS
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.wire import Timestamp
from entrypoints.rest.use_cases import RestUseCases

Url = Annotated[str, Meta(min_length=8, max_length=2048, description="https, a public host")]
Description = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*$")]
Filter = Annotated[str, Meta(max_length=64, extra_json_schema={"enum": list(FILTERS)})]
Filters = Annotated[list[Filter], Meta(max_length=50, description="None: everything")]


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


def webhook_named(call: Call) -> WebhookCommand:
    """The webhook of the path, in the caller's application."""
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
    return Reply(_out(await use_cases.read_webhook(webhook_named(call))))


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
    await use_cases.remove_webhook(webhook_named(call))
    return Reply(status=204)


async def rotate_webhook_secret(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/webhooks/{webhook_id}/rotate-secret"""
    return Reply(WebhookSecretOut(secret=await use_cases.rotate_webhook_secret(webhook_named(call))))


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
)
