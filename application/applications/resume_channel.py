"""Let a held channel of an application go on; the dispatcher picks its parked chunks up again."""

from __future__ import annotations

import attrs

from application.applications.commands import ResumeChannelCommand
from application.ports.pauses import Pauses
from domain.shared.errors import NotFound


@attrs.frozen(kw_only=True)
class ResumeChannel:
    pauses: Pauses

    async def __call__(self, command: ResumeChannelCommand) -> None:
        """Raise NotFound when the channel was not paused."""
        if not await self.pauses.remove(command.application_id, command.type):
            raise NotFound(f"{command.type.wire} is not paused")
