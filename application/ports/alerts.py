"""Where alerts for operators are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.applications.channel_state import Alert


class Alerts(Protocol):
    async def list(
        self, application_id: UUID | None, *, include_resolved: bool, before: UUID | None, limit: int
    ) -> Sequence[Alert]:
        """Newest first; None: of the whole installation."""
        ...
