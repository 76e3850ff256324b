"""Subscriptions, as a server sees them: read, list, update, disable, enable, archive."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from application.audience.commands import (
    ArchiveSubscriptionCommand,
    DisableSubscriptionCommand,
    EnableSubscriptionCommand,
    ListSubscriptionEventsCommand,
    ListSubscriptionsCommand,
    ReadSubscriptionCommand,
    UpdateSubscriptionCommand,
)
from domain.applications.scopes import Scope
from domain.audience.subscription_event import ChangeSource
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput
from domain.shared.unset import UNSET as UNCHANGED
from entrypoints.http.decoding import In
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.subscription_wire import (
    DeviceIn,
    SubscriptionEventPage,
    SubscriptionOut,
    SubscriptionPage,
    device_report,
    event_out,
    permission_of,
    subscription_out,
)
from entrypoints.http.wire import ExternalId, Facts, PageQuery, PermissionName, Token, TypeName, facts
from entrypoints.rest.use_cases import RestUseCases


class SubscriptionChange(DeviceIn):
    """What is left out stays. `tags` replaces all tags."""

    token: Token | UnsetType = UNSET
    permission: PermissionName | UnsetType = UNSET
    enabled: Annotated[bool, Meta(description="The user's own switch: false is -2")] | UnsetType = UNSET
    tags: Facts | UnsetType = UNSET


class DisableIn(In):
    """Why; kept in the subscription's events."""

    reason: Annotated[str, Meta(min_length=1, max_length=128)] | UnsetType = UNSET


class SubscriptionQuery(PageQuery):
    """Which subscriptions; what is left out is any."""

    external_id: ExternalId | None = None
    user_id: UUID | None = None
    type: TypeName | None = None
    subscribed: bool | None = None
    include_archived: bool = False


async def read_subscription(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/subscriptions/{subscription_id}"""
    view = await use_cases.read_subscription(
        ReadSubscriptionCommand(
            application_id=call.application_id, subscription_id=call.path["subscription_id"]
        )
    )
    return Reply(subscription_out(view.subscription, view.external_id))


async def list_subscriptions(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/subscriptions"""
    query: SubscriptionQuery = call.query
    if query.user_id is not None and query.external_id is not None:
        raise InvalidInput(
            "user_id and external_id name the same thing", field="user_id", fix="give one of them"
        )
    page = await use_cases.list_subscriptions(
        ListSubscriptionsCommand(
            application_id=call.application_id,
            user=query.user_id if query.user_id is not None else query.external_id,
            type=None if query.type is None else SubscriptionType.from_wire(query.type),
            subscribed=query.subscribed,
            include_archived=query.include_archived,
            cursor=query.cursor,
            limit=query.limit,
        )
    )
    items = [subscription_out(view.subscription, view.external_id) for view in page.items]
    return Reply(SubscriptionPage(items=items, next_cursor=page.next_cursor))


async def list_events(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/subscriptions/{subscription_id}/events"""
    query: PageQuery = call.query
    page = await use_cases.list_subscription_events(
        ListSubscriptionEventsCommand(
            application_id=call.application_id,
            subscription_id=call.path["subscription_id"],
            cursor=query.cursor,
            limit=query.limit,
        )
    )
    return Reply(
        SubscriptionEventPage(items=[event_out(one) for one in page.items], next_cursor=page.next_cursor)
    )


async def update_subscription(use_cases: RestUseCases, call: Call) -> Reply:
    """PATCH /v1/subscriptions/{subscription_id}"""
    body: SubscriptionChange = call.body
    view = await use_cases.update_subscription(
        UpdateSubscriptionCommand(
            application_id=call.application_id,
            subscription_id=call.path["subscription_id"],
            source=ChangeSource.API,
            token=UNCHANGED if body.token is UNSET else body.token,
            device=device_report(body),
            permission=permission_of(body.permission),
            enabled=UNCHANGED if body.enabled is UNSET else body.enabled,
            tags=UNCHANGED if body.tags is UNSET else facts(body.tags),
        )
    )
    return Reply(subscription_out(view.subscription, view.external_id))


async def archive_subscription(use_cases: RestUseCases, call: Call) -> Reply:
    """DELETE /v1/subscriptions/{subscription_id}"""
    await use_cases.archive_subscription(
        ArchiveSubscriptionCommand(
            application_id=call.application_id,
            subscription_id=call.path["subscription_id"],
            source=ChangeSource.API,
        )
    )
    return Reply(status=204)


async def disable_subscription(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/subscriptions/{subscription_id}/disable"""
    body: DisableIn = call.body
    view = await use_cases.disable_subscription(
        DisableSubscriptionCommand(
            application_id=call.application_id,
            subscription_id=call.path["subscription_id"],
            reason=None if body.reason is UNSET else body.reason,
        )
    )
    return Reply(subscription_out(view.subscription, view.external_id))


async def enable_subscription(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/subscriptions/{subscription_id}/enable"""
    view = await use_cases.enable_subscription(
        EnableSubscriptionCommand(
            application_id=call.application_id, subscription_id=call.path["subscription_id"]
        )
    )
    return Reply(subscription_out(view.subscription, view.external_id))


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/subscriptions",
        name="list_subscriptions",
        tag="subscriptions",
        summary="List subscriptions",
        scope=Scope.AUDIENCE_READ,
        query=SubscriptionQuery,
        replies={200: SubscriptionPage},
        handler=list_subscriptions,
    ),
    Route(
        method="GET",
        path="/v1/subscriptions/{subscription_id}",
        name="read_subscription",
        tag="subscriptions",
        summary="Read a subscription",
        scope=Scope.AUDIENCE_READ,
        replies={200: SubscriptionOut},
        handler=read_subscription,
    ),
    Route(
        method="PATCH",
        path="/v1/subscriptions/{subscription_id}",
        name="update_subscription",
        tag="subscriptions",
        summary="Change a subscription",
        scope=Scope.AUDIENCE_WRITE,
        body=SubscriptionChange,
        replies={200: SubscriptionOut},
        errors=frozenset({409}),
        handler=update_subscription,
    ),
    Route(
        method="DELETE",
        path="/v1/subscriptions/{subscription_id}",
        name="archive_subscription",
        tag="subscriptions",
        summary="Archive a subscription; nothing is sent to it any longer",
        scope=Scope.AUDIENCE_WRITE,
        replies={204: None},
        handler=archive_subscription,
    ),
    Route(
        method="POST",
        path="/v1/subscriptions/{subscription_id}/disable",
        name="disable_subscription",
        tag="subscriptions",
        summary="Disable a subscription (-31); only `enable` lifts it",
        scope=Scope.AUDIENCE_WRITE,
        body=DisableIn,
        replies={200: SubscriptionOut},
        errors=frozenset({409}),
        handler=disable_subscription,
    ),
    Route(
        method="POST",
        path="/v1/subscriptions/{subscription_id}/enable",
        name="enable_subscription",
        tag="subscriptions",
        summary="Lift -31",
        scope=Scope.AUDIENCE_WRITE,
        replies={200: SubscriptionOut},
        errors=frozenset({409}),
        handler=enable_subscription,
    ),
    Route(
        method="GET",
        path="/v1/subscriptions/{subscription_id}/events",
        name="list_subscription_events",
        tag="subscriptions",
        summary="What happened to a subscription",
        scope=Scope.AUDIENCE_READ,
        query=PageQuery,
        replies={200: SubscriptionEventPage},
        handler=list_events,
    ),
)
