"""What waits in an application's queue."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

import attrs


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


class QueueFigures(Protocol):
    async def queue(self, application_id: UUID) -> QueueTally:
        """Messages by where they are on their way, at this moment."""
        ...
