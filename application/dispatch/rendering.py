"""From stored content to what one message says: plain content as it is, a template's version with the message's variables."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from uuid import UUID

import attrs

from application.ports.channel_plugins import ChannelPlugin
from application.ports.leased_chunk import Chunk, LoadedMessage, StoredContent
from application.ports.sealed_variables import SealedVariables
from application.ports.templating import CompiledBody, Templating
from application.ports.vault import SealBroken
from domain.messaging.content import Body
from domain.messaging.event import Reason
from domain.shared.channels import Channel
from domain.shared.errors import ContentTooLarge, InvalidInput
from domain.shared.json_values import Json

log = logging.getLogger(__name__)

CONFIRMS = "confirms"
"""Marks content that asks for the confirmation of an address, in what is stored beside its body."""


@attrs.frozen(slots=True)
class Prepared:
    """Content as a worker keeps it: `compiled` is None when there is nothing to render."""

    body: Body
    compiled: CompiledBody | None = None
    fault: str | None = None
    """Why no message can be made of it."""
    confirms: bool = False
    """It asks for the confirmation of an address."""
    template_id: UUID | None = None


class Rendering:
    """Prepares content once, renders it per message."""

    def __init__(
        self,
        templating: Templating,
        variables: SealedVariables,
        plugins: Mapping[Channel, ChannelPlugin],
    ) -> None:
        self._templating = templating
        self._variables = variables
        self._plugins = plugins

    def prepare(self, channel: Channel, stored: StoredContent) -> Prepared:
        """Never raises: what cannot be compiled any more is a fault of the content."""
        if stored.template is None:
            return Prepared(stored.body)
        return attrs.evolve(
            self._compiled(channel, stored.body, stored.template), template_id=_id(stored.template)
        )

    def _compiled(self, channel: Channel, body: Body, template: Mapping[str, Json]) -> Prepared:
        try:
            strict = bool(template.get("strict"))
            compiled = self._templating.compile(channel, body, strict=strict)
        except InvalidInput as error:
            log.error("a stored template cannot be compiled: %s", error.code)
            return Prepared(body, fault=Reason.RENDER_REFUSED)
        if not compiled.names:
            return self._constant(compiled)
        return Prepared(body, compiled, confirms=template.get(CONFIRMS) is True)

    def body_of(self, chunk: Chunk, content: Prepared, message: LoadedMessage) -> Body | str:
        """The body, or the reason why this message fails."""
        if content.fault is not None:
            return content.fault
        if content.compiled is None:
            return content.body
        kept = message.variables
        try:
            variables = {} if kept is None else self._variables.open(chunk.application_id, message.id, kept)
            body = content.compiled.render(variables)
            self._plugins[chunk.channel].check_after_render(chunk.type, body)
        except SealBroken:
            log.error(
                "the variables of message %s cannot be opened",
                message.id,
                extra={"message_id": str(message.id)},
            )
            return Reason.VARIABLES_LOST
        except ContentTooLarge:
            return Reason.TOO_LARGE
        except InvalidInput as error:
            log.info(
                "message %s cannot be rendered: %s",
                message.id,
                error.code,
                extra={"message_id": str(message.id)},
            )
            return Reason.RENDER_REFUSED
        return body

    def _constant(self, compiled: CompiledBody) -> Prepared:
        """A template without variables says the same to everybody."""
        try:
            return Prepared(compiled.render({}))
        except InvalidInput:
            return Prepared({}, fault=Reason.RENDER_REFUSED)


def _id(template: Mapping[str, Json]) -> UUID | None:
    """None for what an earlier version wrote without one."""
    try:
        return UUID(str(template.get("id")))
    except ValueError:
        return None
