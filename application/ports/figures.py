"""Figures that pages show while things happen: of one application, and of the whole installation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.messaging.event import MessageEventType
from domain.shared.channels import SubscriptionType


@attrs.frozen(slots=True)
class Tally:
    """How often an event happened in one hour, to one subscription type."""

    hour: datetime
    type: SubscriptionType
    event: MessageEventType
    n: int


@attrs.frozen(slots=True)
class ReasonTally:
    """How often messages failed for a reason."""

    reason: str
    n: int


@attrs.frozen(slots=True, kw_only=True)
class QueueTally:
    """Messages in the queue of one application, by what they wait for."""

    held: int = 0
    released: int = 0
    in_delivery: int = 0
    retrying: int = 0

    @property
    def total(self) -> int:
        return self.held + self.released + self.in_delivery + self.retrying


class Figures(Protocol):
    async def tallies(self, application_id: UUID, *, since: datetime) -> Sequence[Tally]:
        """From the hour of `since` on; what is settled counts, folded or not."""
        ...

    async def failures(self, application_id: UUID, *, since: datetime, limit: int) -> Sequence[ReasonTally]:
        """The most frequent reasons first."""
        ...

    async def queue(self, application_id: UUID) -> QueueTally: ...
