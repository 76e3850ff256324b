"""Save a new template as its version 1."""

from __future__ import annotations

import attrs

from application.ports.applications import Applications
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.templates import Templates
from application.templates.commands import CreateTemplateCommand
from application.templates.source_check import SourceCheck
from domain.templates.template import Template, TemplateVersion


@attrs.frozen(kw_only=True)
class CreateTemplate:
    applications: Applications
    templates: Templates
    check_source: SourceCheck
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: CreateTemplateCommand) -> tuple[Template, TemplateVersion]:
        """Raise InvalidInput or TemplateInvalid naming the field, AlreadyExists when the name is taken, NotFound."""
        application = await self.applications.get(command.application_id)
        source = command.source.checked(application.settings.default_language)
        template, version = Template.create(
            id=self.identifiers.one(),
            application_id=command.application_id,
            name=command.name,
            description=command.description,
            is_active=command.is_active,
            source=source,
            now=self.clock.now(),
            created_by=command.created_by,
        )
        await self.check_source(source)
        await self.templates.add(template, version)
        return template, version
