"""The token by which an application's own server vouches for a user."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from application.applications.commands import VerifyIdentityCommand
from application.applications.verify_identity import Identity
from entrypoints.client_api.use_cases import ClientUseCases
from entrypoints.http.route import Call

IdentityToken = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=4096,
        description="A JWT of the application's own server: sub is the external id, aud the application's id",
    ),
]


async def vouched(
    use_cases: ClientUseCases, call: Call, token: str | UnsetType, external_id: str | None
) -> Identity:
    """Who it is; raise Unauthenticated when a token is sent that does not convince."""
    return await use_cases.verify_identity(
        VerifyIdentityCommand(
            application_id=call.application_id,
            token=None if token is UNSET else token,
            external_id=external_id,
        )
    )
