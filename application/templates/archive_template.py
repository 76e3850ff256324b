"""Take a template out of use; nothing that was made from it changes."""

from __future__ import annotations

import attrs

from application.ports.clock import Clock
from application.ports.templates import Templates
from application.templates.commands import ArchiveTemplateCommand
from domain.templates.template import Template, TemplateVersion


@attrs.frozen(kw_only=True)
class ArchiveTemplate:
    templates: Templates
    clock: Clock

    async def __call__(self, command: ArchiveTemplateCommand) -> None:
        """Archiving twice keeps the first time; raise NotFound."""
        now = self.clock.now()

        def change(found: Template, _: TemplateVersion) -> None:
            found.archive(now)

        await self.templates.change(command.application_id, command.template_id, change)
