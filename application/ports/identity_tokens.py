"""Tokens in which an application's own server says who somebody is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.applications.identity_key import IdentityAlgorithm


@attrs.frozen(slots=True)
class OpenedKey:
    """A key ready to verify with."""

    kid: str
    algorithm: IdentityAlgorithm
    material: str = attrs.field(repr=False)
    """A public key in PEM, or the shared secret of HS256."""


class IdentityTokens(Protocol):
    def check_material(self, algorithm: IdentityAlgorithm, material: str) -> str:
        """The material to store; raise InvalidInput naming `key` when it is weak or does not fit the algorithm."""
        ...

    def subject(self, token: str, keys: Sequence[OpenedKey], *, audience: UUID, now: datetime) -> str:
        """Whom the token is about; raise Unauthenticated, naming `identity_token`, for one that does not convince."""
        ...
