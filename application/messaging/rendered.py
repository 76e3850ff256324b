"""A message as its recipient got it: the template version that it names, rendered again with what it was sent with."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import attrs

from application.ports.messages import MessageView, fields_of
from application.ports.sealed_variables import SealedVariables
from application.ports.templating import CompiledBody, Templating
from application.ports.vault import SealBroken
from domain.messaging.content import Body
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json

KEPT: Final = 1_000
"""Contents that are kept compiled."""


class Rendered:
    """`rendered(view)`: identical every time, because version and variables never change."""

    def __init__(self, templating: Templating, variables: SealedVariables) -> None:
        self._templating = templating
        self._variables = variables
        self._kept: OrderedDict[UUID, CompiledBody] = OrderedDict()

    def __call__(self, view: MessageView) -> MessageView:
        """The view with its content rendered; a template that cannot be rendered, or not any more, shows its source."""
        if view.template is None or view.template.get("confirms"):
            # What confirms an address is for its owner's eyes only.
            return view
        said = self.body(
            view.application_id,
            view.id,
            view.channel_type,
            view.content_id,
            view.content,
            view.template,
            view.variables,
        )
        return view if said is None else attrs.evolve(view, **fields_of(said))

    def body(
        self,
        application_id: UUID,
        message_id: UUID,
        channel: Channel,
        content_id: UUID,
        source: Body,
        template: Mapping[str, Json] | None,
        kept: bytes | None,
    ) -> Body | None:
        """What a message says; None when its template cannot be rendered, or not any more."""
        if template is None:
            return source
        try:
            compiled = self._compiled(channel, content_id, source, strict=bool(template.get("strict")))
            variables = {} if kept is None else self._variables.open(application_id, message_id, kept)
            return compiled.render(variables)
        except (InvalidInput, SealBroken):
            return None

    def _compiled(self, channel: Channel, content_id: UUID, source: Body, *, strict: bool) -> CompiledBody:
        """Stored content never changes, and a fleet that opens its app asks for the same one: compiled once."""
        found = self._kept.get(content_id)
        if found is None:
            found = self._kept[content_id] = self._templating.compile(channel, source, strict=strict)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found
