"""From stored content to what one message says: plain content as it is, a template's version with the message's variables."""

from __future__ import annotations

import json
import logging
from uuid import UUID

import attrs

from application.ports.dispatch_store import StoredContent
from application.ports.sealed_variables import SealedVariables
from application.ports.templating import CompiledBody, Templating
from application.ports.vault import SealBroken
from domain.messaging.content import MAX_CONTENT_BYTES, Body
from domain.messaging.event import Reason
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput

log = logging.getLogger(__name__)


@attrs.frozen(slots=True)
class Prepared:
    """Content as a worker keeps it: `compiled` is None when there is nothing to render."""

    body: Body
    compiled: CompiledBody | None = None
    fault: str | None = None
    """Why no message can be made of it."""


class Rendering:
    """Prepares content once, renders it per message."""

    def __init__(self, templating: Templating, variables: SealedVariables) -> None:
        self._templating = templating
        self._variables = variables

    def prepare(self, channel: Channel, stored: StoredContent) -> Prepared:
        """Never raises: what cannot be compiled any more is a fault of the content."""
        if stored.template is None:
            return Prepared(stored.body)
        try:
            strict = bool(stored.template.get("strict"))
            compiled = self._templating.compile(channel, stored.body, strict=strict)
        except InvalidInput as error:
            log.error("a stored template cannot be compiled: %s", error.code)
            return Prepared(stored.body, fault=Reason.RENDER_REFUSED)
        if not compiled.names:
            return self._constant(compiled)
        return Prepared(stored.body, compiled)

    def body_of(
        self, channel: Channel, content: Prepared, application_id: UUID, message_id: UUID, kept: bytes | None
    ) -> Body | str:
        """The body, or the reason why this message fails."""
        if content.fault is not None:
            return content.fault
        if content.compiled is None:
            return content.body
        try:
            variables = {} if kept is None else self._variables.open(application_id, message_id, kept)
            body = content.compiled.render(variables)
        except SealBroken:
            log.error("the variables of message %s cannot be opened", message_id)
            return Reason.VARIABLES_LOST
        except InvalidInput as error:
            log.info("message %s cannot be rendered: %s", message_id, error.code)
            return Reason.RENDER_REFUSED
        return body if _fits(channel, body) else Reason.TOO_LARGE

    def _constant(self, compiled: CompiledBody) -> Prepared:
        """A template without variables says the same to everybody."""
        try:
            return Prepared(compiled.render({}))
        except InvalidInput:
            return Prepared({}, fault=Reason.RENDER_REFUSED)


def _fits(channel: Channel, body: Body) -> bool:
    """The channel's own bound; its sender checks the exact payload again."""
    limit = MAX_CONTENT_BYTES[channel]
    rough = sum(len(value) for value in body.values() if isinstance(value, str))
    if 4 * rough + 1_024 < limit and not any(isinstance(value, dict | list) for value in body.values()):
        return True
    return len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()) <= limit
