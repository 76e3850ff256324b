"""What differs between two versions of a template."""

from __future__ import annotations

import attrs

from application.ports.templates import Templates
from application.templates.commands import CompareVersionsCommand
from domain.templates.difference import Difference, differences


@attrs.frozen(kw_only=True)
class CompareVersions:
    templates: Templates

    async def __call__(self, command: CompareVersionsCommand) -> tuple[Difference, ...]:
        """Field by field, in the order of the fields' names; raise NotFound."""
        one = await self.templates.version(command.application_id, command.template_id, command.before)
        other = await self.templates.version(command.application_id, command.template_id, command.after)
        return differences(one.source, other.source)
