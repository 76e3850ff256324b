"""A compiled body: constants are shared, strings with placeholders are rendered, everything else stays what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import attrs

from adapters.templating.limits import NUMBERS_BUDGET, Budget, LimitReached
from adapters.templating.text import CompiledText
from domain.messaging.content import Body, Json
from domain.shared.errors import RenderRefused
from domain.templates.numbers import number_from

Variables = Mapping[str, Json]
_DOT: Final = "."


Opened = list[Budget]
"""Empty until the first string needs python-liquid; then the one budget that all strings of a rendering share."""
Render = Callable[[Variables, Opened], Json]


@attrs.frozen(slots=True)
class TextNode:
    """A string with placeholders; `field` names it in errors."""

    text: CompiledText
    field: str

    def render(self, variables: Variables, opened: Opened) -> Json:
        fast = self.text.fast
        try:
            if fast is not None and (quick := fast(variables)) is not None:
                return quick
            if not opened:
                opened.append(Budget())
            return self.text.render(variables, opened[0])
        except RenderRefused as refused:
            refused.field = self.field
            refused.message = f"{self.field}: {refused.message}"
            refused.args = (refused.message,)
            raise


@attrs.frozen(slots=True)
class NumberNode:
    """A string at a key that must be a whole number from 0 to `largest`."""

    text: TextNode
    largest: int

    def render(self, variables: Variables, opened: Opened) -> Json:
        return number_from(str(self.text.render(variables, opened)), self.largest, field=self.text.field)


@attrs.frozen(slots=True)
class ObjectNode:
    """An object some of whose values are rendered; `constants` holds all keys, in their order."""

    constants: dict[str, Json]
    rendered: tuple[tuple[str, Render], ...]

    def render(self, variables: Variables, opened: Opened) -> dict[str, Json]:
        filled = self.constants.copy()
        for key, render in self.rendered:
            filled[key] = render(variables, opened)
        return filled


@attrs.frozen(slots=True)
class ListNode:
    """A list some of whose items are rendered."""

    constants: list[Json]
    rendered: tuple[tuple[int, Render], ...]

    def render(self, variables: Variables, opened: Opened) -> list[Json]:
        filled = self.constants.copy()
        for place, render in self.rendered:
            filled[place] = render(variables, opened)
        return filled


@attrs.frozen(slots=True)
class LiquidBody:
    """Implements `application.ports.templating.CompiledBody`."""

    source: Body
    root: ObjectNode | None
    """None: there is nothing to render."""
    names: frozenset[str]
    placeholders: frozenset[str]
    is_quick: bool
    """No string needs python-liquid, unless a value does."""
    numbers: tuple[NumberNode, ...] = ()

    def render(self, variables: Mapping[str, Json]) -> Body:
        if self.root is None:
            return self.source
        return self.root.render(variables, [])

    def check_numbers(self, variables: Mapping[str, Json]) -> None:
        if not self.numbers:
            return
        opened: Opened = [Budget(NUMBERS_BUDGET)]
        # What takes longer is found out when the message is rendered.
        with suppress(LimitReached):
            for one in self.numbers:
                one.render(variables, opened)

    def missing(self, variables: Mapping[str, Json]) -> tuple[str, ...]:
        return tuple(sorted(one for one in self.placeholders if not _holds(variables, one.split(_DOT))))


def _holds(variables: Mapping[str, Json], path: list[str]) -> bool:
    """Whether the variables have a value other than null at a path, flat keys first."""
    for length in range(len(path), 0, -1):
        key = _DOT.join(path[:length])
        if key in variables:
            value: Json = variables[key]
            for segment in path[length:]:
                value = value.get(segment) if isinstance(value, Mapping) else None
            return value is not None
    return False
