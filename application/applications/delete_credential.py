"""Forget a provider's credentials."""

from __future__ import annotations

import attrs

from application.applications.commands import DeleteCredentialCommand
from application.ports.credentials import Credentials
from domain.shared.errors import NotFound


@attrs.frozen(kw_only=True)
class DeleteCredential:
    credentials: Credentials

    async def __call__(self, command: DeleteCredentialCommand) -> None:
        """Raise NotFound when there were none."""
        if not await self.credentials.delete(command.application_id, command.provider):
            raise NotFound(f"the application has no credentials for {command.provider}")
