"""What differs between two versions of a template."""

from __future__ import annotations

import attrs

from application.ports.templates import Templates
from application.templates.commands import CompareVersionsCommand
from application.templates.views import Comparison
from domain.templates.difference import differences
from domain.templates.source import Source
from domain.templates.variant import Variant


@attrs.frozen(kw_only=True)
class CompareVersions:
    templates: Templates

    async def __call__(self, command: CompareVersionsCommand) -> Comparison:
        """Field by field, in the order of the fields' names; raise NotFound."""
        version = await self.templates.version(command.application_id, command.template_id, command.version)
        against = version.version - 1 if command.against is None else command.against
        if against == 0:
            nothing = Source(default=Variant(), default_language=version.source.default_language)
            return Comparison(version.version, against, differences(nothing, version.source))
        other = await self.templates.version(command.application_id, command.template_id, against)
        return Comparison(version.version, against, differences(other.source, version.source))
