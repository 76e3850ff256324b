"""What users of an application do not want to hear about."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID


class TopicChoices(Protocol):
    async def switched_off(self, application_id: UUID, user_id: UUID) -> Collection[str]:
        """The keys of the topics that this user switched off. Raise Unavailable."""
        ...

    async def choose(
        self,
        application_id: UUID,
        user_id: UUID,
        *,
        off: Collection[str],
        on: Collection[str],
        now: datetime,
    ) -> None:
        """Switch these topics; the others stay as they are. Raise Unavailable."""
        ...
