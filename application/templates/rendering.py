"""One body with sample values: what would be shown, what is missing, how large it is, what stands in its way."""

from __future__ import annotations

import json
from collections.abc import Mapping

import attrs

from application.ports.channels import ChannelPlugin
from application.ports.templating import Templating
from application.templates.commands import Sample
from application.templates.views import Preview, Problem
from domain.messaging.content import MAX_CONTENT_BYTES, Body, check_content
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput, TemplateInvalid
from domain.templates.variables import gather


@attrs.frozen(kw_only=True)
class SampleRendering:
    templating: Templating
    plugins: Mapping[Channel, ChannelPlugin]

    def __call__(
        self, channel: Channel, language: str, body: Body, sample: Sample, *, strict: bool
    ) -> Preview:
        """What a message with these values would be; a refusal is part of the answer."""
        field = f"content.{channel.wire}"
        compiled = self.templating.compile(channel, body, strict=strict, field=field)
        variables = gather(
            compiled.names, sample.variables, None, sample.tags, sample.properties, sample.device
        )
        rendered: Body | None = None
        problem: Problem | None = None
        try:
            rendered = compiled.render(variables)
            check_content(channel, rendered, field=field)
            if channel in self.plugins:
                self.plugins[channel].check_content(rendered, field=field)
        except InvalidInput as error:
            problem = problem_of(error)
        return Preview(
            channel=channel,
            language=language,
            placeholders=sorted(compiled.placeholders),
            missing=compiled.missing(variables),
            variables=variables,
            body=rendered,
            size=0 if rendered is None else size_of(rendered),
            limit=MAX_CONTENT_BYTES[channel],
            problem=problem,
        )


def size_of(body: Body) -> int:
    """UTF-8 bytes of a content as JSON, as its channel's limit counts them."""
    return len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def problem_of(error: InvalidInput) -> Problem:
    """The error as a value."""
    line, column = (error.line, error.column) if isinstance(error, TemplateInvalid) else (None, None)
    return Problem(error.code, error.message, error.field, error.fix, line, column)
