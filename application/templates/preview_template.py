"""Show what somebody would get from a saved version: any channel, any language, with sample values."""

from __future__ import annotations

import attrs

from application.ports.templates import Templates
from application.templates.commands import PreviewTemplateCommand
from application.templates.rendering import SampleRendering
from application.templates.views import Preview
from domain.shared.errors import InvalidInput


@attrs.frozen(kw_only=True)
class PreviewTemplate:
    templates: Templates
    render_sample: SampleRendering

    async def __call__(self, command: PreviewTemplateCommand) -> Preview:
        """Raise NotFound; InvalidInput when the template has no text for the channel."""
        if command.version is None:
            _, version = await self.templates.get(command.application_id, command.template_id)
        else:
            version = await self.templates.version(
                command.application_id, command.template_id, command.version
            )
        choice = version.source.choose(command.channel, command.language)
        if choice is None:
            has = sorted({channel.wire for _, _, channel, _ in version.source.bodies()})
            raise InvalidInput(
                f"the template says nothing for {command.channel.wire}",
                field="channel",
                fix=f"use one of {', '.join(has)}",
            )
        return self.render_sample(
            command.channel, choice.language, choice.body, command.sample, strict=version.source.strict
        )
