"""Subscriptions of an install: register, read, update, tags, archive."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.audience.commands import (
    ArchiveSubscriptionCommand,
    ChangeTagsCommand,
    ReadSubscriptionCommand,
    RegisterSubscriptionCommand,
    Registration,
    UpdateSubscriptionCommand,
)
from domain.audience.device import Permission
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeSource
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput
from domain.shared.unset import UNSET as UNCHANGED
from domain.shared.unset import Unset
from entrypoints.client_api.guard import Known, Newcomer, install_of
from entrypoints.client_api.identity_token import IdentityToken, vouched
from entrypoints.client_api.use_cases import ClientUseCases
from entrypoints.http.decoding import Out
from entrypoints.http.route import Access, Call, Reply, Route
from entrypoints.http.subscription_wire import DeviceIn, device_report, permission_of
from entrypoints.http.wire import ExternalId, FactChanges, Facts, Json, PermissionName, Token, TypeName, facts

PushError = Annotated[int, Meta(ge=-99, le=1, description="A status code that the SDK may set; null: none")]


class ClientRegistration(DeviceIn, kw_only=True):
    """A subscription of this install; one of its type that exists already is updated."""

    type: TypeName
    install_id: Annotated[str, Meta(min_length=1, max_length=128)] | UnsetType = UNSET
    token: Token | UnsetType | None = UNSET
    tags: Facts = msgspec.field(default_factory=dict)
    permission: PermissionName | UnsetType | None = UNSET
    push_error: PushError | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    external_id: ExternalId | UnsetType = UNSET
    identity_token: IdentityToken | UnsetType = UNSET
    double_opt_in: Annotated[
        bool, Meta(description="Wait for a confirmation even where the application does not ask for one")
    ] = False


class ClientUpdate(DeviceIn):
    """What is left out stays; also sent at each start of the app."""

    token: Token | UnsetType = UNSET
    permission: PermissionName | UnsetType | None = UNSET
    push_error: PushError | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class ClientSubscription(Out, omit_defaults=True):
    """A subscription, as its device needs to know it."""

    id: UUID
    type: TypeName
    subscription_status: int
    user_id: UUID | None
    external_id: str | None
    install_secret: (
        Annotated[str, Meta(description="Given once: send it as X-Install-Secret from now on")] | UnsetType
    ) = UNSET


class Tags(Out):
    """Every tag of the subscription."""

    tags: Json


def client_subscription(
    one: Subscription, external_id: str | None, secret: str | None = None
) -> ClientSubscription:
    return ClientSubscription(
        id=one.id,
        type=one.type.wire,
        subscription_status=one.subscription_status,
        user_id=one.user_id,
        external_id=external_id,
        install_secret=UNSET if secret is None else secret,
    )


def _permission(name: PermissionName | UnsetType | None) -> Permission | Unset | None:
    return None if name is None else permission_of(name)


async def register(use_cases: ClientUseCases, call: Call) -> Reply:
    """POST /v1/client/subscriptions"""
    body: ClientRegistration = call.body
    caller: Known | Newcomer = call.caller.identity
    if body.install_id is not UNSET and body.install_id != caller.install_id:
        raise InvalidInput(
            "install_id differs from X-Install-Id", field="install_id", fix="send the same id in both places"
        )
    claimed = None if body.external_id is UNSET else body.external_id
    identity = await vouched(use_cases, call, body.identity_token, claimed)
    done = await use_cases.register_subscription(
        RegisterSubscriptionCommand(
            application_id=call.application_id,
            source=ChangeSource.SDK,
            identity_verified=identity.verified,
            registration=Registration(
                type=SubscriptionType.from_wire(body.type),
                token=None if body.token is UNSET else body.token,
                external_id=identity.external_id,
                install_id=caller.install_id,
                install_secret=caller.secret if isinstance(caller, Known) else None,
                device=device_report(body),
                permission=_permission(body.permission),
                push_error=UNCHANGED if body.push_error is UNSET else body.push_error,
                enabled=UNCHANGED if body.enabled is UNSET else body.enabled,
                tags=facts(body.tags),
                double_opt_in=body.double_opt_in or None,
            ),
        )
    )
    answer = client_subscription(done.subscription, done.external_id, done.install_secret)
    return Reply(answer, status=201 if done.created else 200)


async def read(use_cases: ClientUseCases, call: Call) -> Reply:
    """GET /v1/client/subscriptions/{subscription_id}"""
    view = await use_cases.read_subscription(
        ReadSubscriptionCommand(
            application_id=call.application_id,
            subscription_id=call.path["subscription_id"],
            install_id=install_of(call),
        )
    )
    return Reply(client_subscription(view.subscription, view.external_id))


async def update(use_cases: ClientUseCases, call: Call) -> Reply:
    """PATCH /v1/client/subscriptions/{subscription_id}"""
    body: ClientUpdate = call.body
    view = await use_cases.update_subscription(
        UpdateSubscriptionCommand(
            application_id=call.application_id,
            subscription_id=call.path["subscription_id"],
            install_id=install_of(call),
            source=ChangeSource.SDK,
            token=UNCHANGED if body.token is UNSET else body.token,
            device=device_report(body),
            permission=_permission(body.permission),
            push_error=UNCHANGED if body.push_error is UNSET else body.push_error,
            enabled=UNCHANGED if body.enabled is UNSET else body.enabled,
        )
    )
    return Reply(client_subscription(view.subscription, view.external_id))


async def change_tags(use_cases: ClientUseCases, call: Call) -> Reply:
    """PATCH /v1/client/subscriptions/{subscription_id}/tags"""
    body: FactChanges = call.body
    changed = await use_cases.change_tags(
        ChangeTagsCommand(
            application_id=call.application_id,
            subscription_id=call.path["subscription_id"],
            install_id=install_of(call),
            source=ChangeSource.SDK,
            set=facts(body.set),
            remove=tuple(body.remove),
        )
    )
    return Reply(Tags(tags=dict(changed.tags)))


async def archive(use_cases: ClientUseCases, call: Call) -> Reply:
    """DELETE /v1/client/subscriptions/{subscription_id}"""
    await use_cases.archive_subscription(
        ArchiveSubscriptionCommand(
            application_id=call.application_id,
            subscription_id=call.path["subscription_id"],
            install_id=install_of(call),
            source=ChangeSource.SDK,
        )
    )
    return Reply(status=204)


ROUTES: tuple[Route[ClientUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/client/subscriptions",
        name="client_register_subscription",
        tag="client",
        summary="Register a subscription of this install",
        description=(
            "The first call of an install has no X-Install-Secret; its answer gives the secret, once. "
            "Repeating the call with the secret leads to the same state."
        ),
        access=Access.FIRST_CALL,
        body=ClientRegistration,
        replies={200: ClientSubscription, 201: ClientSubscription},
        errors=frozenset({404, 409}),
        handler=register,
    ),
    Route(
        method="GET",
        path="/v1/client/subscriptions/{subscription_id}",
        name="client_read_subscription",
        tag="client",
        summary="Read a subscription of this install",
        access=Access.INSTALL,
        replies={200: ClientSubscription},
        handler=read,
    ),
    Route(
        method="PATCH",
        path="/v1/client/subscriptions/{subscription_id}",
        name="client_update_subscription",
        tag="client",
        summary="Report a new token, permission, switch or device",
        access=Access.INSTALL,
        body=ClientUpdate,
        replies={200: ClientSubscription},
        errors=frozenset({409}),
        handler=update,
    ),
    Route(
        method="PATCH",
        path="/v1/client/subscriptions/{subscription_id}/tags",
        name="client_change_tags",
        tag="client",
        summary="Set and remove tags",
        access=Access.INSTALL,
        body=FactChanges,
        replies={200: Tags},
        errors=frozenset({409}),
        handler=change_tags,
    ),
    Route(
        method="DELETE",
        path="/v1/client/subscriptions/{subscription_id}",
        name="client_archive_subscription",
        tag="client",
        summary="Archive a subscription of this install",
        access=Access.INSTALL,
        replies={204: None},
        handler=archive,
    ),
)
