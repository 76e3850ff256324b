"""Hold a channel of an application: its messages wait."""

from __future__ import annotations

import attrs

from application.applications.commands import PauseChannelCommand
from application.ports.clock import Clock
from application.ports.pauses import Pauses
from domain.applications.channel_state import ChannelPause
from domain.shared.json_values import check_line


@attrs.frozen(kw_only=True)
class PauseChannel:
    pauses: Pauses
    clock: Clock

    async def __call__(self, command: PauseChannelCommand) -> ChannelPause:
        """Pausing twice keeps the first pause; raise NotFound without such an application."""
        reason = check_line(command.reason, field="reason", longest=100)
        pause = ChannelPause(command.application_id, command.type, reason, {}, None, self.clock.now())
        return await self.pauses.add(pause)
