"""List an application's users, in the order of their creation."""

from __future__ import annotations

import attrs

from application.audience.commands import ListUsersCommand
from application.ports.audience import Audience
from domain.audience.user import User
from domain.shared.page import Page, check_limit, decode_id_cursor


@attrs.frozen(kw_only=True)
class ListUsers:
    audience: Audience

    async def __call__(self, command: ListUsersCommand) -> Page[User]:
        """Raise InvalidInput for a bad cursor or limit."""
        limit, after = check_limit(command.limit), decode_id_cursor(command.cursor)
        async with self.audience.begin() as unit:
            found = await unit.users.list(
                command.application_id,
                include_archived=command.include_archived,
                after=after,
                limit=limit + 1,
            )
        return Page.cut(found, limit, lambda user: user.id)
