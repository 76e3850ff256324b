"""Where it is written that a channel of an application is held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.applications.channel_state import ChannelPause
from domain.shared.channels import SubscriptionType


class Pauses(Protocol):
    async def list(self, application_id: UUID) -> Sequence[ChannelPause]: ...

    async def add(self, pause: ChannelPause) -> ChannelPause:
        """Answer the pause that holds: one that was there already stays. Raise NotFound without application."""
        ...

    async def remove(self, application_id: UUID, type: SubscriptionType) -> bool:
        """False when the channel was not paused."""
        ...

    async def lift_faults(self, application_id: UUID, types: Sequence[SubscriptionType]) -> None:
        """Remove those of the pauses that a provider's credential caused."""
        ...
