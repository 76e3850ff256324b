"""What stands between an application and its channels: credentials, pauses, alerts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from application.applications.commands import (
    DeleteCredentialCommand,
    ListAlertsCommand,
    ListCredentialsCommand,
    ListPausesCommand,
    PauseChannelCommand,
    ResumeChannelCommand,
    SetCredentialCommand,
)
from domain.applications.channel_state import Alert, ChannelPause, CredentialSummary
from domain.applications.scopes import Scope
from domain.shared.channels import SubscriptionType
from domain.shared.errors import NotFound
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Access, Call, Reply, Route
from entrypoints.http.wire import Json, PageQuery, Timestamp, TypeName
from entrypoints.rest.use_cases import RestUseCases

FieldName = Annotated[str, Meta(min_length=1, max_length=64)]
Secret = Annotated[str, Meta(min_length=1, max_length=16_384)]


class CredentialIn(In):
    """What the provider wants. APNs: p8 key, key id, team id, bundle id; FCM: the service account's JSON."""

    fields: Annotated[dict[FieldName, Secret], Meta(min_length=1, max_length=16)]


class CredentialOut(Out):
    """A credential without anything secret."""

    provider: str
    version: int
    summary: Json
    created_at: Timestamp


class CredentialList(Out):
    """The current credential of each provider."""

    items: list[CredentialOut]


class PauseIn(In):
    """Hold a channel."""

    type: TypeName
    reason: Annotated[str, Meta(min_length=1, max_length=100, pattern="^[a-z0-9_]+$")] = "requested"


class PauseOut(Out):
    """While this exists, messages of this type are held."""

    application_id: UUID
    type: TypeName
    reason: str
    detail: Json
    credential_version: int | None
    paused_at: Timestamp


class PauseList(Out):
    """Every channel that is held."""

    items: list[PauseOut]


class AlertOut(Out):
    """Something an operator should look at."""

    id: UUID
    application_id: UUID | None
    kind: str
    detail: Json
    raised_at: Timestamp
    resolved_at: Timestamp | None


class AlertPage(Out):
    """Newest first."""

    items: list[AlertOut]
    next_cursor: str | None


class AlertQuery(PageQuery):
    """Which alerts."""

    include_resolved: bool = False


def _credential_out(one: CredentialSummary) -> CredentialOut:
    return CredentialOut(
        provider=one.provider, version=one.version, summary=dict(one.summary), created_at=one.created_at
    )


def _pause_out(one: ChannelPause) -> PauseOut:
    return PauseOut(
        application_id=one.application_id,
        type=one.type.wire,
        reason=one.reason,
        detail=dict(one.detail),
        credential_version=one.credential_version,
        paused_at=one.paused_at,
    )


def _alert_out(one: Alert) -> AlertOut:
    return AlertOut(
        id=one.id,
        application_id=one.application_id,
        kind=one.kind,
        detail=dict(one.detail),
        raised_at=one.raised_at,
        resolved_at=one.resolved_at,
    )


async def set_credential(use_cases: RestUseCases, call: Call) -> Reply:
    """PUT /v1/applications/{application_id}/credentials/{provider}"""
    body: CredentialIn = call.body
    stored = await use_cases.set_credential(
        SetCredentialCommand(
            application_id=call.application_id, provider=call.path["provider"], fields=body.fields
        )
    )
    return Reply(_credential_out(stored))


async def list_credentials(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/applications/{application_id}/credentials"""
    found = await use_cases.list_credentials(ListCredentialsCommand(application_id=call.application_id))
    return Reply(CredentialList(items=[_credential_out(one) for one in found]))


async def read_credential(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/applications/{application_id}/credentials/{provider}"""
    found = await use_cases.list_credentials(ListCredentialsCommand(application_id=call.application_id))
    for one in found:
        if one.provider == call.path["provider"]:
            return Reply(_credential_out(one))
    raise NotFound("there is no credential for this provider")


async def delete_credential(use_cases: RestUseCases, call: Call) -> Reply:
    """DELETE /v1/applications/{application_id}/credentials/{provider}"""
    await use_cases.delete_credential(
        DeleteCredentialCommand(application_id=call.application_id, provider=call.path["provider"])
    )
    return Reply(status=204)


async def list_pauses(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/applications/{application_id}/pauses"""
    found = await use_cases.list_pauses(ListPausesCommand(application_id=call.application_id))
    return Reply(PauseList(items=[_pause_out(one) for one in found]))


async def pause_channel(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/applications/{application_id}/pauses"""
    body: PauseIn = call.body
    pause = await use_cases.pause_channel(
        PauseChannelCommand(
            application_id=call.application_id, type=SubscriptionType.from_wire(body.type), reason=body.reason
        )
    )
    return Reply(_pause_out(pause))


async def resume_channel(use_cases: RestUseCases, call: Call) -> Reply:
    """DELETE /v1/applications/{application_id}/pauses/{type}"""
    await use_cases.resume_channel(
        ResumeChannelCommand(
            application_id=call.application_id, type=SubscriptionType.from_wire(call.path["type"])
        )
    )
    return Reply(status=204)


async def list_alerts(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/applications/{application_id}/alerts"""
    query: AlertQuery = call.query
    page = await use_cases.list_alerts(
        ListAlertsCommand(
            application_id=call.application_id,
            include_resolved=query.include_resolved,
            cursor=query.cursor,
            limit=query.limit,
        )
    )
    return Reply(AlertPage(items=[_alert_out(one) for one in page.items], next_cursor=page.next_cursor))


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/applications/{application_id}/credentials",
        name="list_credentials",
        tag="credentials",
        summary="List credentials, without anything secret",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_READ,
        replies={200: CredentialList},
        handler=list_credentials,
    ),
    Route(
        method="GET",
        path="/v1/applications/{application_id}/credentials/{provider}",
        name="read_credential",
        tag="credentials",
        summary="Read what may be shown of a credential",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_READ,
        replies={200: CredentialOut},
        handler=read_credential,
    ),
    Route(
        method="PUT",
        path="/v1/applications/{application_id}/credentials/{provider}",
        name="set_credential",
        tag="credentials",
        summary="Enter a credential; it is checked and stored encrypted",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_WRITE,
        body=CredentialIn,
        replies={200: CredentialOut},
        handler=set_credential,
    ),
    Route(
        method="DELETE",
        path="/v1/applications/{application_id}/credentials/{provider}",
        name="delete_credential",
        tag="credentials",
        summary="Forget a credential",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_WRITE,
        replies={204: None},
        handler=delete_credential,
    ),
    Route(
        method="GET",
        path="/v1/applications/{application_id}/pauses",
        name="list_pauses",
        tag="pauses",
        summary="List the channels that are held, and why",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_READ,
        replies={200: PauseList},
        handler=list_pauses,
    ),
    Route(
        method="POST",
        path="/v1/applications/{application_id}/pauses",
        name="pause_channel",
        tag="pauses",
        summary="Hold a channel",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_WRITE,
        body=PauseIn,
        replies={200: PauseOut},
        handler=pause_channel,
    ),
    Route(
        method="DELETE",
        path="/v1/applications/{application_id}/pauses/{type}",
        name="resume_channel",
        tag="pauses",
        summary="Let a channel go on; what was held is sent",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_WRITE,
        replies={204: None},
        handler=resume_channel,
    ),
    Route(
        method="GET",
        path="/v1/applications/{application_id}/alerts",
        name="list_alerts",
        tag="alerts",
        summary="List alerts",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_READ,
        query=AlertQuery,
        replies={200: AlertPage},
        handler=list_alerts,
    ),
)
