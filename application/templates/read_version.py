"""Read one version of a template."""

from __future__ import annotations

import attrs

from application.ports.templates import Templates
from application.templates.commands import ReadVersionCommand
from domain.templates.template import TemplateVersion


@attrs.frozen(kw_only=True)
class ReadVersion:
    templates: Templates

    async def __call__(self, command: ReadVersionCommand) -> TemplateVersion:
        """Raise NotFound."""
        return await self.templates.version(command.application_id, command.template_id, command.version)
