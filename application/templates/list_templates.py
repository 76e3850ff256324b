"""List an application's templates, in the order of their creation."""

from __future__ import annotations

import attrs

from application.ports.templates import Templates
from application.templates.commands import ListTemplatesCommand
from domain.shared.page import Page, check_limit, decode_id_cursor
from domain.templates.template import Template


@attrs.frozen(kw_only=True)
class ListTemplates:
    templates: Templates

    async def __call__(self, command: ListTemplatesCommand) -> Page[Template]:
        """Raise InvalidInput for a bad cursor or limit."""
        limit, after = check_limit(command.limit), decode_id_cursor(command.cursor)
        found = await self.templates.list(
            command.application_id, include_archived=command.include_archived, after=after, limit=limit + 1
        )
        return Page.cut(found, limit, lambda template: template.id)
