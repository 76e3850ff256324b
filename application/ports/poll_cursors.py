"""How far the reports of providers that do not call back were read, per application, provider and channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import attrs

from domain.shared.channels import Channel


@attrs.frozen(slots=True)
class PollTurn:
    """One account whose turn it is."""

    application_id: UUID
    provider: str
    channel: Channel
    cursor: str | None


class PollCursors(Protocol):
    async def due(
        self, accounts: Sequence[tuple[str, Channel]], now: datetime, every: timedelta, limit: int
    ) -> Sequence[PollTurn]:
        """Accounts of active applications with a credential of these providers that were not asked for so long; they
        count as asked from now on, so that another scheduler passes them over."""
        ...

    async def store(self, turn: PollTurn, cursor: str | None) -> None: ...
