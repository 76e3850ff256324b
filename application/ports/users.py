"""Where users are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.audience.user import User


class Users(Protocol):
    async def ensure(self, users: Sequence[User]) -> Mapping[str, tuple[User, bool]]:
        """Per external id the stored user, locked and revived, and whether it was created from the one given.

        All of one application; an external id stands once.
        """
        ...

    async def find(self, application_id: UUID, user: UUID | str, *, lock: bool = False) -> User:
        """By our id or by external id, archived ones too; raise NotFound."""
        ...

    async def save(self, user: User) -> None: ...

    async def touch(self, application_id: UUID, user_ids: Sequence[UUID], now: datetime) -> None:
        """They were active; time never runs backwards."""
        ...

    async def list(
        self, application_id: UUID, *, include_archived: bool, after: UUID | None, limit: int
    ) -> Sequence[User]:
        """In the order of creation."""
        ...

    async def external_ids(self, application_id: UUID, user_ids: Sequence[UUID]) -> Mapping[UUID, str]: ...
