"""List the API keys of an application, or the operator's; nothing secret is in them."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from application.applications.commands import ListKeysCommand
from application.ports.applications import Applications
from application.ports.keys import Keys
from domain.applications.api_key import ApiKey


@attrs.frozen(kw_only=True)
class ListKeys:
    applications: Applications
    keys: Keys

    async def __call__(self, command: ListKeysCommand) -> Sequence[ApiKey]:
        """Newest first; raise NotFound without such an application."""
        if command.application_id is not None:
            await self.applications.get(command.application_id)
        return await self.keys.list(command.application_id)
