"""Where alerts for operators are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.alerting.policy import Policy
from domain.applications.channel_state import Alert


class Alerts(Protocol):
    async def list(
        self, application_id: UUID | None, *, include_resolved: bool, before: UUID | None, limit: int
    ) -> Sequence[Alert]:
        """Newest first; None: of the whole installation."""
        ...

    async def read(self, application_id: UUID, alert_id: UUID) -> Alert | None: ...

    async def acknowledge(
        self, application_id: UUID, alert_id: UUID, actor: str, now: datetime
    ) -> Alert | None:
        """The first who does is kept. An alert that no rule watches and that no pause stands behind is resolved with it."""
        ...

    async def policy(self, application_id: UUID) -> Policy | None: ...

    async def set_policy(self, application_id: UUID, policy: Policy, now: datetime) -> None:
        """Raise NotFound without such an application."""
        ...
