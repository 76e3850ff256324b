"""Who uses the install: login, logout, properties of the user."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.audience.commands import ChangePropertiesCommand, LoginCommand, LogoutCommand
from entrypoints.client_api.guard import install_of
from entrypoints.client_api.identity_token import IdentityToken, vouched
from entrypoints.client_api.use_cases import ClientUseCases
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Access, Call, Reply, Route
from entrypoints.http.wire import ExternalId, FactChanges, Json, facts

SubscriptionIds = Annotated[list[UUID], Meta(max_length=100)]


class LoginIn(In):
    """The application's id of the user, and the subscriptions that the SDK knows of."""

    external_id: ExternalId
    subscription_ids: SubscriptionIds = msgspec.field(default_factory=list)
    identity_token: IdentityToken | UnsetType = UNSET


class LogoutIn(In):
    """The subscriptions that the SDK knows of."""

    subscription_ids: SubscriptionIds = msgspec.field(default_factory=list)


class LinkedOut(Out, omit_defaults=True):
    """A subscription of the install; `replaces` names the one that was merged into it."""

    id: UUID
    subscription_status: int
    replaces: UUID | UnsetType = UNSET


class LoginOut(Out):
    """Every live subscription of the install is linked to this user."""

    user_id: UUID
    external_id: str
    created: bool
    subscriptions: list[LinkedOut]


class UnlinkedOut(Out):
    """A subscription of the install, and whose it is now."""

    id: UUID
    user_id: UUID | None


class LogoutOut(Out):
    """The subscriptions of the install."""

    subscriptions: list[UnlinkedOut]


class PropertiesIn(In):
    """Changes to the user that the subscription is linked to."""

    subscription_id: UUID
    properties: FactChanges


class PropertiesOut(Out):
    """Every property of the user."""

    user_id: UUID
    properties: Json


async def login(use_cases: ClientUseCases, call: Call) -> Reply:
    """POST /v1/client/users/login"""
    body: LoginIn = call.body
    identity = await vouched(use_cases, call, body.identity_token, body.external_id)
    done = await use_cases.login(
        LoginCommand(
            application_id=call.application_id,
            install_id=install_of(call),
            external_id=body.external_id,
            subscription_ids=tuple(body.subscription_ids),
            identity_verified=identity.verified,
        )
    )
    return Reply(
        LoginOut(
            user_id=done.user_id,
            external_id=done.external_id,
            created=done.created,
            subscriptions=[
                LinkedOut(
                    id=one.subscription.id,
                    subscription_status=one.subscription.subscription_status,
                    replaces=UNSET if one.replaces is None else one.replaces,
                )
                for one in done.subscriptions
            ],
        )
    )


async def logout(use_cases: ClientUseCases, call: Call) -> Reply:
    """POST /v1/client/users/logout"""
    body: LogoutIn = call.body
    done = await use_cases.logout(
        LogoutCommand(
            application_id=call.application_id,
            install_id=install_of(call),
            subscription_ids=tuple(body.subscription_ids),
        )
    )
    return Reply(
        LogoutOut(subscriptions=[UnlinkedOut(id=one.id, user_id=one.user_id) for one in done.subscriptions])
    )


async def change_properties(use_cases: ClientUseCases, call: Call) -> Reply:
    """PATCH /v1/client/users/properties"""
    body: PropertiesIn = call.body
    user = await use_cases.change_properties(
        ChangePropertiesCommand(
            application_id=call.application_id,
            install_id=install_of(call),
            subscription_id=body.subscription_id,
            set=facts(body.properties.set),
            remove=tuple(body.properties.remove),
        )
    )
    return Reply(PropertiesOut(user_id=user.id, properties=dict(user.properties)))


ROUTES: tuple[Route[ClientUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/client/users/login",
        name="client_login",
        tag="client",
        summary="Link the install's subscriptions to a user",
        access=Access.INSTALL,
        body=LoginIn,
        replies={200: LoginOut},
        errors=frozenset({404, 409}),
        handler=login,
    ),
    Route(
        method="POST",
        path="/v1/client/users/logout",
        name="client_logout",
        tag="client",
        summary="Unlink the install's subscriptions",
        access=Access.INSTALL,
        body=LogoutIn,
        replies={200: LogoutOut},
        errors=frozenset({404, 409}),
        handler=logout,
    ),
    Route(
        method="PATCH",
        path="/v1/client/users/properties",
        name="client_change_properties",
        tag="client",
        summary="Set and remove properties of the linked user",
        access=Access.INSTALL,
        body=PropertiesIn,
        replies={200: PropertiesOut},
        errors=frozenset({404, 409}),
        handler=change_properties,
    ),
)
