"""Keys by which an application's own server vouches for its users; asked for with `identity_token_required`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from application.applications.commands import (
    AddIdentityKeyCommand,
    ListIdentityKeysCommand,
    RemoveIdentityKeyCommand,
)
from domain.applications.identity_key import IdentityAlgorithm, IdentityKey
from domain.applications.scopes import Scope
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Access, Call, Reply, Route
from entrypoints.http.wire import Timestamp
from entrypoints.rest.use_cases import RestUseCases

Kid = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="The token's header `kid` names it")]
AlgorithmName = Literal["ES256", "RS256", "HS256"]


class IdentityKeyIn(In):
    """A new key; a token signed with it must use this algorithm."""

    kid: Kid
    algorithm: AlgorithmName
    key: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=8192,
            description="ES256, RS256: the public key in PEM. HS256: a secret of at least 32 bytes",
        ),
    ]


class IdentityKeyOut(Out):
    """A key without its material, which is never told."""

    kid: str
    algorithm: AlgorithmName
    created_at: Timestamp


class IdentityKeyList(Out):
    """In the order of their kids."""

    items: list[IdentityKeyOut]


def _out(key: IdentityKey) -> IdentityKeyOut:
    return IdentityKeyOut(kid=key.kid, algorithm=key.algorithm.value, created_at=key.created_at)


async def add_identity_key(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/applications/{application_id}/identity-keys"""
    body: IdentityKeyIn = call.body
    key = await use_cases.add_identity_key(
        AddIdentityKeyCommand(
            application_id=call.application_id,
            kid=body.kid,
            algorithm=IdentityAlgorithm(body.algorithm),
            material=body.key,
        )
    )
    return Reply(_out(key), status=201)


async def list_identity_keys(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/applications/{application_id}/identity-keys"""
    keys = await use_cases.list_identity_keys(ListIdentityKeysCommand(application_id=call.application_id))
    return Reply(IdentityKeyList(items=[_out(key) for key in keys]))


async def remove_identity_key(use_cases: RestUseCases, call: Call) -> Reply:
    """DELETE /v1/applications/{application_id}/identity-keys/{kid}"""
    await use_cases.remove_identity_key(
        RemoveIdentityKeyCommand(application_id=call.application_id, kid=call.path["kid"])
    )
    return Reply(status=204)


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/applications/{application_id}/identity-keys",
        name="add_identity_key",
        tag="keys",
        summary="Add a key that vouches for users",
        description="Up to five, so that one can be replaced while the other is in use.",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_WRITE,
        body=IdentityKeyIn,
        replies={201: IdentityKeyOut},
        errors=frozenset({409}),
        handler=add_identity_key,
    ),
    Route(
        method="GET",
        path="/v1/applications/{application_id}/identity-keys",
        name="list_identity_keys",
        tag="keys",
        summary="List keys that vouch for users",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_READ,
        replies={200: IdentityKeyList},
        handler=list_identity_keys,
    ),
    Route(
        method="DELETE",
        path="/v1/applications/{application_id}/identity-keys/{kid}",
        name="remove_identity_key",
        tag="keys",
        summary="Stop believing a key",
        access=Access.PATH,
        scope=Scope.APPLICATIONS_WRITE,
        replies={204: None},
        handler=remove_identity_key,
    ),
)
