"""API keys of an application; the plain key is told once, when it is issued."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from application.applications.commands import IssueKeyCommand, ListKeysCommand, RevokeKeyCommand
from domain.applications.api_key import ApiKey
from domain.applications.principal import Principal
from domain.applications.scopes import APPLICATION_DEFAULT, Scope, parse_scopes
from domain.shared.errors import Forbidden
from entrypoints.http.decoding import In, Out, utc
from entrypoints.http.route import Access, Call, Reply, Route
from entrypoints.http.wire import Timestamp
from entrypoints.rest.use_cases import RestUseCases

ScopeName = Literal[
    "messages:write",
    "messages:read",
    "audience:write",
    "audience:read",
    "templates:write",
    "templates:read",
    "campaigns:write",
    "campaigns:read",
    "quota:write",
    "quota:read",
    "applications:write",
    "applications:read",
    "analytics:read",
    "exports:write",
]


class KeyIn(In):
    """A new key. Two keys of one label may be live: the one in use, and its successor during a rotation."""

    label: Annotated[str, Meta(max_length=100)] = ""
    scopes: Annotated[list[ScopeName], Meta(min_length=1, max_length=len(Scope))] | UnsetType = UNSET
    expires_at: Timestamp | None = None


class KeyOut(Out):
    """A key without its secret."""

    id: str
    application_id: UUID | None
    label: str
    scopes: list[ScopeName]
    created_at: Timestamp
    expires_at: Timestamp | None
    revoked_at: Timestamp | None
    last_used_at: Timestamp | None


class IssuedKey(KeyOut):
    """A new key; `api_key` is told this once and never again."""

    api_key: str


class KeyList(Out):
    """Newest first."""

    items: list[KeyOut]


def _key_out(key: ApiKey) -> KeyOut:
    return KeyOut(
        id=key.id,
        application_id=key.application_id,
        label=key.label,
        scopes=sorted(scope.value for scope in key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
    )


async def issue_key(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/applications/{application_id}/keys"""
    body: KeyIn = call.body
    principal: Principal = call.caller.identity
    scopes = APPLICATION_DEFAULT if body.scopes is UNSET else parse_scopes(body.scopes)
    if beyond := scopes - principal.scopes:
        raise Forbidden(
            f"this key lacks the scope {sorted(beyond)[0]} itself",
            field="scopes",
            fix="ask the operator for the key",
        )
    issued = await use_cases.issue_key(
        IssueKeyCommand(
            application_id=call.application_id,
            label=body.label,
            scopes=scopes,
            expires_at=None if body.expires_at is None else utc(body.expires_at, field="expires_at"),
        )
    )
    shown = _key_out(issued.key)
    fields = {name: getattr(shown, name) for name in shown.__struct_fields__}
    return Reply(IssuedKey(api_key=issued.plain, **fields), status=201)


async def list_keys(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/applications/{application_id}/keys"""
    keys = await use_cases.list_keys(ListKeysCommand(application_id=call.application_id))
    return Reply(KeyList(items=[_key_out(key) for key in keys]))


async def revoke_key(use_cases: RestUseCases, call: Call) -> Reply:
    """DELETE /v1/applications/{application_id}/keys/{key_id}"""
    await use_cases.revoke_key(
        RevokeKeyCommand(application_id=call.application_id, key_id=call.path["key_id"])
    )
    return Reply(status=204)


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/applications/{application_id}/keys",
        name="issue_key",
        tag="keys",
        summary="Issue a key",
        description="The answer holds the plain key, once. A key can only pass on scopes that it has.",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_WRITE,
        body=KeyIn,
        replies={201: IssuedKey},
        errors=frozenset({409}),
        handler=issue_key,
    ),
    Route(
        method="GET",
        path="/v1/applications/{application_id}/keys",
        name="list_keys",
        tag="keys",
        summary="List keys",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_READ,
        replies={200: KeyList},
        handler=list_keys,
    ),
    Route(
        method="DELETE",
        path="/v1/applications/{application_id}/keys/{key_id}",
        name="revoke_key",
        tag="keys",
        summary="Revoke a key",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_WRITE,
        replies={204: None},
        handler=revoke_key,
    ),
)
