"""What rules look at, where their findings are kept, and how people are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.alerting.policy import Policy
from domain.alerting.rules import Figures, Finding
from domain.applications.channel_state import Alert


@attrs.frozen(slots=True)
class Overview:
    """Figures of every application that has any, and of the installation."""

    applications: Mapping[UUID, Figures]
    fresh_workers: int
    due_chunks: int
    outbox_seconds: float


@attrs.frozen(slots=True)
class Untold:
    """An alert of an application whose ladder may have a step that is due."""

    alert: Alert
    told: int
    """Steps that were told; negative once the recovery was told to them."""


class AlertRules(Protocol):
    """Each step is taken by one scheduler at a time."""

    async def sample(self, now: datetime) -> None:
        """Write down how the hourly counters stand, at most once a minute."""
        ...

    async def overview(self, now: datetime) -> Overview:
        """Bounded in time."""
        ...

    async def policies(self) -> Mapping[UUID, Policy]:
        """Of the applications that set one."""
        ...

    async def keep(self, found: Mapping[UUID | None, Sequence[Finding]], now: datetime) -> int:
        """Raise what is new, note what is still there, resolve what was not found for two minutes; answer how many changed."""
        ...

    async def untold(self, now: datetime) -> Sequence[Untold]:
        """Open alerts that nobody acknowledged, and those resolved within the last day whose recovery was not told."""
        ...

    async def note_told(self, alert_id: UUID, told: int) -> None:
        """A step beyond the first is an escalation."""
        ...


class AlertMail(Protocol):
    async def send(self, alert: Alert, external_ids: Sequence[str], *, key: str, recovered: bool) -> bool:
        """Tell these users by e-mail, once for each `key`; False when it cannot be sent now and is to be tried again."""
        ...
