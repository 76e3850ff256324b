"""List the installation's applications, in the order of their creation."""

from __future__ import annotations

import attrs

from application.applications.commands import ListApplicationsCommand
from application.ports.applications import Applications
from domain.applications.application import Application
from domain.shared.page import Page, check_limit, decode_id_cursor


@attrs.frozen(kw_only=True)
class ListApplications:
    applications: Applications

    async def __call__(self, command: ListApplicationsCommand) -> Page[Application]:
        """Raise InvalidInput for a bad cursor or limit."""
        limit = check_limit(command.limit)
        found = await self.applications.list(after=decode_id_cursor(command.cursor), limit=limit + 1)
        return Page.cut(found, limit, lambda application: application.id)
