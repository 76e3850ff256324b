"""List the channels of an application that are held, and why."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from application.applications.commands import ListPausesCommand
from application.ports.applications import Applications
from application.ports.pauses import Pauses
from domain.applications.channel_state import ChannelPause


@attrs.frozen(kw_only=True)
class ListPauses:
    applications: Applications
    pauses: Pauses

    async def __call__(self, command: ListPausesCommand) -> Sequence[ChannelPause]:
        """Raise NotFound without such an application."""
        await self.applications.get(command.application_id)
        return await self.pauses.list(command.application_id)
