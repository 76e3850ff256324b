"""Where campaigns are kept: their plan, state, counts and history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.campaigns.campaign import Campaign, Happening
from domain.campaigns.lifecycle import CampaignStatus
from domain.campaigns.plan import CampaignType

Decide = Callable[[Campaign], Sequence[Campaign]]
"""Changes the campaign that it is given; answers the runs that come into being with the change."""


@attrs.frozen(slots=True)
class CampaignFilter:
    """Which campaigns of an application; None does not narrow."""

    status: CampaignStatus | None = None
    campaign_type: CampaignType | None = None
    run_of: UUID | None = None
    """The runs of this campaign; None: campaigns that somebody made, no runs."""


@attrs.frozen(slots=True)
class HistoryLine:
    """A line of history with its id, which the next page begins after."""

    id: UUID
    happening: Happening


@attrs.frozen(slots=True)
class DueCampaign:
    """A scheduled campaign whose time has come."""

    application_id: UUID
    id: UUID


class Campaigns(Protocol):
    async def add(self, campaign: Campaign) -> None: ...

    async def get(self, application_id: UUID, campaign_id: UUID) -> Campaign:
        """Raise NotFound, also for another application's."""
        ...

    async def change(self, application_id: UUID, campaign_id: UUID, decide: Decide) -> Campaign:
        """Lock it, let `decide` change it, store it with its history and its new runs, all in one transaction.

        A campaign that leaves `sending` takes its released chunks back into the queue in the same transaction. Raise
        NotFound, AlreadyExists for a run that was made before, and what `decide` raises; then nothing is stored.
        """
        ...

    async def list(
        self, application_id: UUID, wanted: CampaignFilter, *, before: UUID | None, limit: int
    ) -> Sequence[Campaign]:
        """Newest first."""
        ...

    async def find_run(self, application_id: UUID, run_of: UUID, run_key: str) -> Campaign | None: ...

    async def history(
        self, application_id: UUID, campaign_id: UUID, *, after: UUID | None, limit: int
    ) -> Sequence[HistoryLine]:
        """Oldest first. Raise NotFound."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[DueCampaign]:
        """Scheduled campaigns of active applications whose time has come, longest waiting first; none in hold."""
        ...
