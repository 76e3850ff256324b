"""A message as its recipient got it: the template version that it names, rendered again with what it was sent with."""

from __future__ import annotations

import attrs

from application.ports.messages import MessageView, fields_of
from application.ports.sealed_variables import SealedVariables
from application.ports.templating import Templating
from application.ports.vault import SealBroken
from domain.shared.errors import InvalidInput


class Rendered:
    """`rendered(view)`: identical every time, because version and variables never change."""

    def __init__(self, templating: Templating, variables: SealedVariables) -> None:
        self._templating = templating
        self._variables = variables

    def __call__(self, view: MessageView) -> MessageView:
        """The view with its content rendered; a template that cannot be rendered, or not any more, shows its source."""
        if view.template is None:
            return view
        try:
            compiled = self._templating.compile(
                view.channel_type, view.content, strict=bool(view.template.get("strict"))
            )
            kept = view.variables
            variables = {} if kept is None else self._variables.open(view.application_id, view.id, kept)
            return attrs.evolve(view, **fields_of(compiled.render(variables)))
        except (InvalidInput, SealBroken):
            return view
