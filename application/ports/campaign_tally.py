"""What became of a campaign's messages: counted from the messages themselves, batch by batch, and rolled up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs


@attrs.frozen(slots=True)
class OpenCampaign:
    """A launched campaign that still has something to wait for."""

    application_id: UUID
    id: UUID


@attrs.frozen(slots=True, kw_only=True)
class ClosedWave:
    """A wave whose sending window is over."""

    application_id: UUID
    campaign_id: UUID
    number: int
    zone: str | None
    night_held: bool


class CampaignTally(Protocol):
    """Each call is one bounded transaction; several schedulers may make it at once."""

    async def recount(self, now: datetime, limit: int) -> int:
        """Count the messages of batches whose time it is, and roll the sums up; answer how many batches."""
        ...

    async def hurry(self, now: datetime) -> int:
        """Have the last batches of campaigns recounted at once that have nothing left in the queue; answer how many."""
        ...

    async def finished(self, now: datetime, limit: int) -> Sequence[OpenCampaign]:
        """Campaigns whose every recipient has a final outcome or a reason for having none, their counts rolled up; and
        those that repeat whose last run is over."""
        ...

    async def settle_canceled(self) -> int:
        """Mark canceled campaigns as done that have no message waiting any more; answer how many."""
        ...

    async def cancel_waiting(self, now: datetime) -> int:
        """Cancel a step of the messages that wait for canceled campaigns, releasing their quota; answer how many."""
        ...

    async def closed_waves(self, now: datetime, limit: int) -> Sequence[ClosedWave]:
        """Waves of open campaigns with a window that is over and with recipients or messages left."""
        ...

    async def reopen(
        self, wave: ClosedWave, opens: datetime | None, closes: datetime | None, reason: str | None
    ) -> None:
        """Give a wave its next window; with a reason instead: close it for good."""
        ...
