"""Read one user."""

from __future__ import annotations

import attrs

from application.audience.commands import ReadUserCommand
from application.ports.audience import Audience
from domain.audience.user import User


@attrs.frozen(kw_only=True)
class ReadUser:
    audience: Audience

    async def __call__(self, command: ReadUserCommand) -> User:
        """By our id or by external id, archived ones too; raise NotFound."""
        async with self.audience.begin() as unit:
            return await unit.users.find(command.application_id, command.user)
