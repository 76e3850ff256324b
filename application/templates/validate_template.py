"""Check a content without saving it: everything that is wrong, or what every body of it would look like."""

from __future__ import annotations

import attrs

from application.ports.applications import Applications
from application.templates.commands import ValidateTemplateCommand
from application.templates.rendering import SampleRendering, problem_of
from application.templates.source_check import SourceCheck
from application.templates.views import Validation
from domain.shared.errors import InvalidInput


@attrs.frozen(kw_only=True)
class ValidateTemplate:
    applications: Applications
    check_source: SourceCheck
    render_sample: SampleRendering

    async def __call__(self, command: ValidateTemplateCommand) -> Validation:
        """Mistakes are the answer, not an error; raise NotFound without such an application."""
        application = await self.applications.get(command.application_id)
        try:
            source = command.source.checked(application.settings.default_language)
        except InvalidInput as error:
            return Validation([problem_of(error)], [])
        problems = [problem_of(found) async for found in self.check_source.problems(source)]
        if problems:
            return Validation(problems, [])
        previews = [
            self.render_sample(channel, language, body, command.sample, strict=source.strict)
            for _, language, channel, body in source.bodies()
        ]
        return Validation([], previews)
