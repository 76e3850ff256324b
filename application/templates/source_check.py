"""Checks every body of a source: its Liquid, and whether its channel could carry anything of this shape."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from typing import Final

import attrs

from application.ports.channel_plugins import ChannelPlugin
from application.ports.templating import Templating
from domain.messaging.content import Body, Json
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.templates.numbers import with_numbers
from domain.templates.source import Source
from domain.templates.variant import PUSH_FIELDS

STAND_IN: Final = "x"
"""What stands for a rendered text when the shape of a body is checked."""
_LIQUID: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


@attrs.frozen(kw_only=True)
class SourceCheck:
    templating: Templating
    plugins: Mapping[Channel, ChannelPlugin]
    """The channels of this installation; bodies of others are checked as Liquid only."""

    async def __call__(self, source: Source) -> None:
        """Raise TemplateInvalid or InvalidInput, naming the field, for the first thing that is wrong."""
        async for problem in self.problems(source):
            raise problem

    async def problems(self, source: Source) -> AsyncIterator[InvalidInput]:
        """Everything that is wrong, at most one thing a string; others may work between two bodies."""
        for prefix, _, channel, body in source.bodies():
            field = f"{prefix}channels.{channel.wire}"
            found = list(self._of_body(channel, body, strict=source.strict, field=field))
            for problem in found:
                yield renamed(problem, field, prefix) if channel is Channel.PUSH else problem
            await asyncio.sleep(0)

    def _of_body(self, channel: Channel, body: Body, *, strict: bool, field: str) -> list[InvalidInput]:
        problems = []
        # One key at a time, so that a mistake in the title does not hide one in the body.
        for key, value in body.items():
            try:
                self.templating.compile(channel, {key: value}, strict=strict, field=field)
            except InvalidInput as error:
                problems.append(error)
        if not problems:
            try:
                self.templating.compile(channel, body, strict=strict, field=field)
                self._check_shape(channel, body, field)
            except InvalidInput as error:
                problems.append(error)
        return problems

    def _check_shape(self, channel: Channel, body: Body, field: str) -> None:
        """Raise what the channel refuses whatever is rendered: unknown keys, wrong types, constants that are wrong.

        A key that wants more than some text (a URL, say) and is rendered is left out: only values can tell.
        """
        plugin = self.plugins.get(channel)
        if plugin is None:
            return
        body = with_numbers(channel, body)
        with contextlib.suppress(InvalidInput):
            # What stands around a placeholder may be what is asked for: the scheme of a link.
            plugin.check_content({key: _filled_in(value) for key, value in body.items()}, field=field)
            return
        probe = {key: _stand_in(value) for key, value in body.items()}
        for _ in body:
            try:
                plugin.check_content(probe, field=field)
            except InvalidInput as error:
                key = (error.field or "").removeprefix(f"{field}.").partition(".")[0]
                if key not in body or probe[key] is None or probe[key] == body[key]:
                    raise
                probe[key] = None
            else:
                return


def _stand_in(value: Json) -> Json:
    if isinstance(value, str):
        return STAND_IN if "{{" in value or "{%" in value else value
    if isinstance(value, Mapping):
        return {key: _stand_in(item) for key, item in value.items()}
    return [_stand_in(item) for item in value] if isinstance(value, list) else value


def _filled_in(value: Json) -> Json:
    """The same with only the Liquid replaced, not the text around it."""
    if isinstance(value, str):
        return _LIQUID.sub(STAND_IN, value)
    if isinstance(value, Mapping):
        return {key: _filled_in(item) for key, item in value.items()}
    return [_filled_in(item) for item in value] if isinstance(value, list) else value


def renamed(error: InvalidInput, field: str, prefix: str) -> InvalidInput:
    """An error about a push body with the specification's names: `channels.push.title` is `title_template`."""
    for key, name in PUSH_FIELDS.items():
        theirs = f"{field}.{key}"
        if error.field is not None and (
            error.field == theirs or error.field.startswith((f"{theirs}.", f"{theirs}["))
        ):
            error.field = prefix + name + error.field.removeprefix(theirs)
            error.message = error.message.replace(theirs, prefix + name, 1)
            error.args = (error.message,)
    return error
