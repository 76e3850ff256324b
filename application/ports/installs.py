"""Where installs, the identities behind the SDK's calls, are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from domain.audience.install import Install


class Installs(Protocol):
    async def find(
        self, application_id: UUID, install_ids: Sequence[str], *, lock: bool = False
    ) -> Mapping[str, Install]:
        """By the SDK's own ids; those that are unknown are left out."""
        ...

    async def ensure(self, installs: Sequence[Install]) -> Mapping[str, tuple[Install, bool]]:
        """Per SDK id the stored install, locked, and whether it was created from the one given."""
        ...

    async def save(self, installs: Sequence[Install]) -> None: ...
