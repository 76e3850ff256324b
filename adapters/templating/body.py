"""A compiled body: constants are shared, strings with placeholders are rendered, everything else stays what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from adapters.templating.limits import Budget
from adapters.templating.text import CompiledText
from domain.messaging.content import Body, Json
from domain.shared.errors import RenderRefused

Variables = Mapping[str, Json]
Render = Callable[[Variables, Budget | None, bool], Json]
"""The budget is None when no string of the body can spend anything."""
_ROUTE: Final = "."


@attrs.frozen(slots=True)
class TextNode:
    """A string with placeholders; `field` names it in errors."""

    text: CompiledText
    field: str

    def render(self, variables: Variables, budget: Budget | None, dotted: bool) -> Json:
        try:
            if self.text.fast is not None:
                return self.text.fast(variables)
            assert budget is not None
            return self.text.render(variables, budget, dotted=dotted)
        except RenderRefused as refused:
            refused.field = self.field
            refused.message = f"{self.field}: {refused.message}"
            refused.args = (refused.message,)
            raise


@attrs.frozen(slots=True)
class ObjectNode:
    """An object some of whose values are rendered; `constants` holds all keys, in their order."""

    constants: dict[str, Json]
    rendered: tuple[tuple[str, Render], ...]

    def render(self, variables: Variables, budget: Budget | None, dotted: bool) -> dict[str, Json]:
        filled = self.constants.copy()
        for key, render in self.rendered:
            filled[key] = render(variables, budget, dotted)
        return filled


@attrs.frozen(slots=True)
class ListNode:
    """A list some of whose items are rendered."""

    constants: list[Json]
    rendered: tuple[tuple[int, Render], ...]

    def render(self, variables: Variables, budget: Budget | None, dotted: bool) -> list[Json]:
        filled = self.constants.copy()
        for place, render in self.rendered:
            filled[place] = render(variables, budget, dotted)
        return filled


@attrs.frozen(slots=True)
class LiquidBody:
    """Implements `application.ports.templating.CompiledBody`."""

    source: Body
    root: ObjectNode | None
    """None: there is nothing to render."""
    names: frozenset[str]
    placeholders: frozenset[str]
    spends: bool
    """Some string needs python-liquid."""
    looks_for_dots: bool
    """Some placeholder may be answered by a key with a dot in it."""

    def render(self, variables: Mapping[str, Json]) -> Body:
        if self.root is None:
            return self.source
        dotted = self.looks_for_dots and any(_ROUTE in name for name in variables)
        return self.root.render(variables, Budget() if self.spends else None, dotted)

    def missing(self, variables: Mapping[str, Json]) -> tuple[str, ...]:
        return tuple(sorted(one for one in self.placeholders if not _holds(variables, one.split(_ROUTE))))


def _holds(variables: Mapping[str, Json], path: list[str]) -> bool:
    """Whether the variables have a value other than null at a path, flat keys first."""
    for length in range(len(path), 0, -1):
        key = _ROUTE.join(path[:length])
        if key in variables:
            value: Json = variables[key]
            for segment in path[length:]:
                value = value.get(segment) if isinstance(value, Mapping) else None
            return value is not None
    return False
