"""Registering subscriptions, one or up to a thousand in one call."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.audience.commands import (
    RegisterSubscriptionCommand,
    RegisterSubscriptionsCommand,
    Registration,
)
from application.audience.views import Registered
from domain.applications.scopes import Scope
from domain.audience.subscription_event import ChangeSource
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput, SignalError
from domain.shared.unset import UNSET as UNCHANGED
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.subscription_wire import (
    DeviceIn,
    SubscriptionOut,
    device_report,
    permission_of,
    subscription_out,
)
from entrypoints.http.wire import ExternalId, Facts, PermissionName, Token, TypeName, facts
from entrypoints.rest.use_cases import RestUseCases

MAX_REGISTRATIONS = 1_000


class RegistrationIn(DeviceIn, kw_only=True):
    """A subscription to register. One that exists already (same token, or same address and user) is updated."""

    type: TypeName
    token: Token | UnsetType = UNSET
    external_id: ExternalId | UnsetType = UNSET
    permission: PermissionName | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    tags: Facts = msgspec.field(default_factory=dict)
    double_opt_in: (
        Annotated[
            bool,
            Meta(
                description="Email and SMS: a new address waits until its owner has confirmed it (-98); false: you have their "
                "consent; left out: as the application's setting says"
            ),
        ]
        | UnsetType
    ) = UNSET


class RegistrationsIn(In):
    """Up to 1,000 registrations."""

    subscriptions: Annotated[list[RegistrationIn], Meta(min_length=1, max_length=MAX_REGISTRATIONS)]


class RegistrationOut(Out, omit_defaults=True):
    """What became of one registration: an id, or an error."""

    index: int
    id: UUID | UnsetType = UNSET
    created: bool | UnsetType = UNSET
    subscription_status: int | UnsetType = UNSET
    code: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET
    field: str | UnsetType = UNSET


class RegistrationsOut(Out):
    """One result per registration, in their order."""

    registered: int
    rejected: int
    results: list[RegistrationOut]


def _registration(body: RegistrationIn) -> Registration:
    return Registration(
        type=SubscriptionType.from_wire(body.type),
        token=None if body.token is UNSET else body.token,
        external_id=None if body.external_id is UNSET else body.external_id,
        device=device_report(body),
        permission=permission_of(body.permission),
        enabled=UNCHANGED if body.enabled is UNSET else body.enabled,
        tags=facts(body.tags),
        double_opt_in=None if body.double_opt_in is UNSET else body.double_opt_in,
    )


async def register_subscription(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/subscriptions"""
    done = await use_cases.register_subscription(
        RegisterSubscriptionCommand(
            application_id=call.application_id, source=ChangeSource.API, registration=_registration(call.body)
        )
    )
    return Reply(subscription_out(done.subscription, done.external_id), status=201 if done.created else 200)


async def register_subscriptions(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/subscriptions/batch"""
    body: RegistrationsIn = call.body
    results: list[RegistrationOut] = []
    given: list[tuple[int, Registration]] = []
    refused: dict[int, SignalError] = {}
    for index, one in enumerate(body.subscriptions):
        try:
            given.append((index, _registration(one)))
        except InvalidInput as error:
            refused[index] = error
    outcomes: dict[int, Registered | SignalError] = dict(refused)
    if given:
        answers = await use_cases.register_subscriptions(
            RegisterSubscriptionsCommand(
                application_id=call.application_id, registrations=tuple(one for _, one in given)
            )
        )
        outcomes.update({index: answer for (index, _), answer in zip(given, answers, strict=True)})
    for index in range(len(body.subscriptions)):
        outcome = outcomes[index]
        if isinstance(outcome, Registered):
            results.append(
                RegistrationOut(
                    index=index,
                    id=outcome.subscription.id,
                    created=outcome.created,
                    subscription_status=outcome.subscription.subscription_status,
                )
            )
        else:
            results.append(
                RegistrationOut(
                    index=index, code=outcome.code, detail=outcome.message, field=outcome.field or UNSET
                )
            )
    rejected = sum(1 for one in results if one.code is not UNSET)
    return Reply(RegistrationsOut(registered=len(results) - rejected, rejected=rejected, results=results))


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/subscriptions",
        name="register_subscription",
        tag="subscriptions",
        summary="Register a subscription",
        scope=Scope.AUDIENCE_WRITE,
        body=RegistrationIn,
        replies={200: SubscriptionOut, 201: SubscriptionOut},
        errors=frozenset({409}),
        handler=register_subscription,
    ),
    Route(
        method="POST",
        path="/v1/subscriptions/batch",
        name="register_subscriptions",
        tag="subscriptions",
        summary="Register up to 1,000 subscriptions in one call",
        scope=Scope.AUDIENCE_WRITE,
        body=RegistrationsIn,
        batch=True,
        replies={200: RegistrationsOut},
        errors=frozenset({409}),
        handler=register_subscriptions,
    ),
)
