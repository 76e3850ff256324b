"""Where API keys are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.applications.api_key import ApiKey


@attrs.frozen(slots=True)
class FoundKey:
    """A key and whether its application is active (an operator's key: True)."""

    key: ApiKey
    application_is_active: bool


class Keys(Protocol):
    async def add(self, key: ApiKey, check: Callable[[Sequence[ApiKey]], None]) -> None:
        """Store, unless `check` raises on the keys that the same owner has; two calls for one owner wait for each
        other. Raise NotFound when there is no such application."""
        ...

    async def find(self, key_id: str) -> FoundKey | None: ...

    async def list(self, application_id: UUID | None) -> Sequence[ApiKey]:
        """Newest first; None: the operator's."""
        ...

    async def change(
        self, application_id: UUID | None, key_id: str, change: Callable[[ApiKey], None]
    ) -> ApiKey:
        """Load under a row lock, change, store; raise NotFound, too, for a key of somebody else."""
        ...

    async def record_use(self, key_id: str, at: datetime) -> None: ...
