"""Lift a suppression: the address may be written to again, and who was unsubscribed by it is subscribed again."""

from __future__ import annotations

from uuid import UUID

import attrs

from application.ports.addresses import Addresses
from application.ports.clock import Clock
from domain.shared.channels import Channel
from domain.shared.errors import NotFound


@attrs.frozen(slots=True, kw_only=True)
class LiftSuppressionCommand:
    application_id: UUID
    channel: Channel
    index: bytes = attrs.field(repr=False)
    """The blind index, as the list shows it."""


@attrs.frozen(kw_only=True)
class LiftSuppression:
    addresses: Addresses
    clock: Clock

    async def __call__(self, command: LiftSuppressionCommand) -> None:
        """Raise NotFound when this address is not suppressed."""
        if not await self.addresses.lift(
            command.application_id, command.channel, [command.index], self.clock.now()
        ):
            raise NotFound("this address is not suppressed")
