"""Read a template with its active version."""

from __future__ import annotations

import attrs

from application.ports.templates import Templates
from application.templates.commands import ReadTemplateCommand
from domain.templates.template import Template, TemplateVersion


@attrs.frozen(kw_only=True)
class ReadTemplate:
    templates: Templates

    async def __call__(self, command: ReadTemplateCommand) -> tuple[Template, TemplateVersion]:
        """Archived ones too; raise NotFound."""
        return await self.templates.get(command.application_id, command.template_id)
