"""Applications: the tenants. Only the operator creates and lists them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.applications.commands import (
    CreateApplicationCommand,
    ListApplicationsCommand,
    ReadApplicationCommand,
    UpdateApplicationCommand,
)
from domain.applications.application import Application
from domain.applications.scopes import Scope
from domain.applications.settings import CONTENT_DAYS, MAX_TTL_SECONDS
from domain.shared.errors import InvalidInput
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Access, Call, Reply, Route
from entrypoints.http.wire import Json, PageQuery, ProviderName, Timestamp
from entrypoints.rest.use_cases import RestUseCases

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Seconds = Annotated[int, Meta(ge=60, le=30 * 86_400, description="Seconds; null: never")]
Environment = Literal["production", "sandbox"]
Providers = Annotated[dict[ProviderName, ProviderName], Meta(description="Channel to provider")]
SdkVersion = Annotated[str, Meta(pattern=r"^\d{1,5}(\.\d{1,5}){0,2}$", description="As 1.2.0")]


class Environments(In, omit_defaults=True):
    """The APNs host that is tried first, by test_type."""

    production: Annotated[Environment, Meta(description="test_type 0")] | UnsetType = msgspec.field(
        default=UNSET, name="0"
    )
    development: Annotated[Environment, Meta(description="test_type 1")] | UnsetType = msgspec.field(
        default=UNSET, name="1"
    )
    ad_hoc: Annotated[Environment, Meta(description="test_type 2")] | UnsetType = msgspec.field(
        default=UNSET, name="2"
    )


TopicName = Annotated[str, Meta(min_length=1, max_length=60)]


class TopicIn(In):
    """A topic, as stored choices name it and as recipients read it."""

    key: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$")]
    ko: TopicName
    en: TopicName


class TopicOut(Out):
    """A topic."""

    key: str
    ko: str
    en: str


class SettingsIn(In):
    """What is left out stays as it is, or gets its default."""

    time_zone: Annotated[str, Meta(max_length=64, description="IANA name, as Asia/Seoul")] | UnsetType = UNSET
    default_language: (
        Annotated[str, Meta(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)] | UnsetType
    ) = UNSET
    logout_scope: Literal["all", "push"] | UnsetType = UNSET
    receipt_timeout_seconds: Seconds | UnsetType | None = UNSET
    events_enabled: bool | UnsetType = UNSET
    default_ttl_seconds: Annotated[int, Meta(ge=1, le=MAX_TTL_SECONDS)] | UnsetType = UNSET
    identity_token_required: bool | UnsetType = UNSET
    min_sdk_version: SdkVersion | UnsetType | None = UNSET
    deprecated_sdk_version: SdkVersion | UnsetType | None = UNSET
    receipts_enabled: bool | UnsetType = UNSET
    metrics_sample: (
        Annotated[float, Meta(ge=0, le=1, description="Share of installs whose SDK reports how it does")]
        | UnsetType
    ) = UNSET
    apns_environment_by_test_type: Environments | UnsetType = UNSET
    providers: Providers | UnsetType = UNSET
    advertising: (
        Annotated[Json, Meta(description="Korean advertising rules: sender_name, opt_out per channel, …")]
        | UnsetType
        | None
    ) = UNSET
    double_opt_in: (
        Annotated[
            dict[Literal["email", "sms"], bool],
            Meta(description="Channels on which a new address waits until its owner has confirmed it"),
        ]
        | UnsetType
    ) = UNSET
    content_retention_days: (
        Annotated[
            int,
            Meta(
                ge=CONTENT_DAYS[0],
                le=CONTENT_DAYS[1],
                description="What messages said is removed after so many days; null: with the messages themselves",
            ),
        ]
        | UnsetType
        | None
    ) = UNSET
    topics: (
        Annotated[list[TopicIn], Meta(max_length=20, description="What recipients can choose to hear about")]
        | UnsetType
    ) = UNSET


class SettingsOut(Out):
    """Every setting of an application."""

    time_zone: str
    default_language: str
    logout_scope: Literal["all", "push"]
    receipt_timeout_seconds: int | None
    events_enabled: bool
    default_ttl_seconds: int
    identity_token_required: bool
    min_sdk_version: str | None
    deprecated_sdk_version: str | None
    receipts_enabled: bool
    metrics_sample: float
    apns_environment_by_test_type: dict[str, Environment]
    providers: dict[str, str]
    advertising: Json | None
    double_opt_in: dict[str, bool]
    content_retention_days: int | None
    topics: list[TopicOut]


class ApplicationIn(In):
    """A new application."""

    name: Name
    settings: SettingsIn | UnsetType = UNSET


class ApplicationChange(In):
    """What is left out stays; settings are merged key by key."""

    name: Name | UnsetType = UNSET
    settings: SettingsIn | UnsetType = UNSET
    is_active: (
        Annotated[bool, Meta(description="False: refused at every door, its queue is held")] | UnsetType
    ) = UNSET


class ApplicationOut(Out):
    """An application."""

    id: UUID
    name: str
    settings: SettingsOut
    is_active: bool
    created_at: Timestamp
    updated_at: Timestamp


class ApplicationPage(Out):
    """Applications in the order of creation."""

    items: list[ApplicationOut]
    next_cursor: str | None


def application_out(one: Application) -> ApplicationOut:
    return ApplicationOut(
        id=one.id,
        name=one.name,
        settings=msgspec.convert(one.settings.to_json(), SettingsOut),
        is_active=one.is_active,
        created_at=one.created_at,
        updated_at=one.updated_at,
    )


async def create_application(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/applications"""
    body: ApplicationIn = call.body
    settings = {} if body.settings is UNSET else msgspec.to_builtins(body.settings)
    made = await use_cases.create_application(CreateApplicationCommand(name=body.name, settings=settings))
    return Reply(application_out(made), status=201, headers={"Location": f"/v1/applications/{made.id}"})


async def list_applications(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/applications"""
    query: PageQuery = call.query
    page = await use_cases.list_applications(ListApplicationsCommand(cursor=query.cursor, limit=query.limit))
    return Reply(
        ApplicationPage(items=[application_out(one) for one in page.items], next_cursor=page.next_cursor)
    )


async def read_application(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/applications/{application_id}"""
    found = await use_cases.read_application(ReadApplicationCommand(application_id=call.application_id))
    return Reply(application_out(found))


async def update_application(use_cases: RestUseCases, call: Call) -> Reply:
    """PATCH /v1/applications/{application_id}"""
    body: ApplicationChange = call.body
    if body.name is UNSET and body.settings is UNSET and body.is_active is UNSET:
        raise InvalidInput("nothing is to be changed", field="body", fix="give name, settings or is_active")
    changed = await use_cases.update_application(
        UpdateApplicationCommand(
            application_id=call.application_id,
            name=None if body.name is UNSET else body.name,
            settings=None if body.settings is UNSET else msgspec.to_builtins(body.settings),
            is_active=None if body.is_active is UNSET else body.is_active,
        )
    )
    return Reply(application_out(changed))


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/applications",
        name="create_application",
        tag="applications",
        summary="Create an application",
        access=Access.OPERATOR,
        scope=Scope.APPLICATIONS_WRITE,
        body=ApplicationIn,
        replies={201: ApplicationOut},
        handler=create_application,
    ),
    Route(
        method="GET",
        path="/v1/applications",
        name="list_applications",
        tag="applications",
        summary="List applications",
        access=Access.OPERATOR,
        scope=Scope.APPLICATIONS_READ,
        query=PageQuery,
        replies={200: ApplicationPage},
        handler=list_applications,
    ),
    Route(
        method="GET",
        path="/v1/applications/{application_id}",
        name="read_application",
        tag="applications",
        summary="Read an application",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_READ,
        replies={200: ApplicationOut},
        handler=read_application,
    ),
    Route(
        method="PATCH",
        path="/v1/applications/{application_id}",
        name="update_application",
        tag="applications",
        summary="Change name, settings or is_active",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_WRITE,
        body=ApplicationChange,
        replies={200: ApplicationOut},
        handler=update_application,
    ),
)
