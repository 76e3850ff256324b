"""Make a saved version the active one: a draft goes live, or an older version comes back."""

from __future__ import annotations

import attrs

from application.ports.clock import Clock
from application.ports.templates import Templates
from application.templates.commands import ActivateVersionCommand
from domain.templates.template import Template, TemplateVersion


@attrs.frozen(kw_only=True)
class ActivateVersion:
    templates: Templates
    clock: Clock

    async def __call__(self, command: ActivateVersionCommand) -> tuple[Template, TemplateVersion]:
        """Activating the active version changes nothing; raise NotFound, Conflict, RevisionMismatch.

        What was sent, accepted or launched before keeps the version that it was pinned to.
        """
        now = self.clock.now()

        def change(found: Template, _: TemplateVersion) -> None:
            found.check_open(command.revision)
            if found.activate(command.version):
                found.touch(now)

        return await self.templates.change(command.application_id, command.template_id, change)
