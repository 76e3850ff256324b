"""List which credentials an application has; only what may be shown."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from application.applications.commands import ListCredentialsCommand
from application.ports.applications import Applications
from application.ports.credentials import Credentials
from domain.applications.channel_state import CredentialSummary


@attrs.frozen(kw_only=True)
class ListCredentials:
    applications: Applications
    credentials: Credentials

    async def __call__(self, command: ListCredentialsCommand) -> Sequence[CredentialSummary]:
        """Raise NotFound without such an application."""
        await self.applications.get(command.application_id)
        return await self.credentials.list(command.application_id)
