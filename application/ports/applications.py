"""Where applications are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from domain.applications.application import Application


class Applications(Protocol):
    async def add(self, application: Application) -> None: ...

    async def get(self, application_id: UUID) -> Application:
        """Raise NotFound."""
        ...

    async def change(self, application_id: UUID, change: Callable[[Application], None]) -> Application:
        """Load under a row lock, change, store; raise NotFound."""
        ...

    async def list(self, *, after: UUID | None, limit: int) -> Sequence[Application]:
        """In the order of their ids, which is the order of creation."""
        ...
