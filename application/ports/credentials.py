"""Where providers' credentials are kept, sealed.

A credential is sealed as the JSON object of its fields, with `row` = provider and `column` = CREDENTIAL_COLUMN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

import attrs

from application.ports.vault import Sealed
from domain.applications.channel_state import CredentialSummary
from domain.shared.channels import SubscriptionType
from domain.shared.json_values import Json

CREDENTIAL_COLUMN: Final = "credential"


@attrs.frozen(slots=True)
class SealedCredential:
    """One stored credential."""

    application_id: UUID
    provider: str
    version: int
    sealed: Sealed


class Credentials(Protocol):
    async def put(
        self,
        application_id: UUID,
        provider: str,
        sealed: Sealed,
        *,
        summary: Mapping[str, Json],
        types: Sequence[SubscriptionType],
        now: datetime,
    ) -> CredentialSummary:
        """Store as the next version, forget the ones before, and lift the pauses of `types` that an earlier version
        caused. Raise NotFound when there is no such application."""
        ...

    async def list(self, application_id: UUID) -> Sequence[CredentialSummary]: ...

    async def delete(self, application_id: UUID, provider: str) -> bool:
        """False when there was none."""
        ...

    async def current(self, application_id: UUID, provider: str) -> SealedCredential | None: ...

    async def count_not_under(self, key_id: str) -> int: ...

    async def not_under(self, key_id: str, *, limit: int, offset: int) -> Sequence[SealedCredential]:
        """Credentials sealed under any other key."""
        ...

    async def reseal(self, before: SealedCredential, sealed: Sealed) -> bool:
        """Replace the ciphertext where it is still as it was; False when it changed meanwhile."""
        ...
