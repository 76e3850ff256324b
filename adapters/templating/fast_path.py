"""The quick way: a text of literals and plain placeholders as a list of pieces, joined without python-liquid.

What cannot be proved equal to Liquid is not taken: any tag, any filter outside the few below, any path that is not a
chain of names. Nor are long texts, lists and objects as values: python-liquid's way counts what they cost.
tests/unit/templating compares both ways on random texts and values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import attrs
from liquid import BoundTemplate, Markup, escape
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path, PositionalArgument, StringLiteral
from liquid.builtin.expressions.primitive import FloatLiteral, IntegerLiteral
from liquid.builtin.filters import misc, string
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.comment_tag import CommentNode
from liquid.builtin.tags.echo_tag import EchoNode
from liquid.stringify import to_liquid_string

from adapters.templating.limits import MAX_OUTPUT, LimitReached
from adapters.templating.rendering import SMALL, flat_key
from domain.shared.errors import RenderRefused

Variables = Mapping[str, object]
Text = Callable[[Variables], str | None]
"""None: these values are to be rendered by python-liquid."""

PLAIN: Final[Mapping[str, Callable[..., object]]] = {
    "upcase": string.upcase,
    "downcase": string.downcase,
    "capitalize": string.capitalize,
    "strip": string.strip,
}
"""Filters without arguments; `default` with one literal is taken, too."""
SPECIAL: Final = frozenset({"size", "first", "last"})
"""Segments that Liquid answers itself."""
_ABSENT: Final = object()


@attrs.frozen(slots=True)
class Slot:
    """One placeholder: where its value is found, and what becomes of it."""

    path: list[object]
    filters: tuple[Callable[[object], object], ...]
    defaulted: bool
    """The first filter gives a default, so that nothing is missing."""
    html: bool
    strict: bool

    def text(self, variables: Variables) -> str | None:
        """Raise RenderRefused when the value is missing and must not be; None for what costs more than a moment."""
        value = self._value(variables)
        if isinstance(value, list | dict) or (isinstance(value, str) and len(value) > SMALL):
            return None
        if value is None and self.strict and not self.defaulted:
            raise missing(".".join(map(str, self.path)))
        for one in self.filters:
            value = one(value)
        return to_liquid_string(value, self.html)

    def _value(self, variables: Variables) -> object:
        path = self.path
        if len(path) > 1:
            found = flat_key(path, variables)
            if found is not None:
                return _nested(variables[found[0]], path[found[1] :])
        return _nested(variables, path)


def _nested(value: object, path: Sequence[object]) -> object:
    for segment in path:
        if not isinstance(value, Mapping) or segment not in value:
            return None
        value = value[segment]
    return value


def missing(name: str) -> RenderRefused:
    """The refusal of a strict template."""
    return RenderRefused(
        f"{name} is missing or null, and the template is strict",
        fix=f'send {name}, or write {{{{ {name} | default: "…" }}}}',
    )


def fast_text(template: BoundTemplate, *, html: bool, strict: bool) -> Text | None:
    """A function from variables to the text; None when the template needs python-liquid."""
    pieces: list[str] = []
    slots: list[tuple[int, str | None, Slot]] = []
    for node in template.nodes:
        if isinstance(node, ContentNode):
            pieces.append(node.text)
        elif isinstance(node, OutputNode | EchoNode):
            slot = _slot(node, html=html, strict=strict)
            if slot is None:
                return None
            plain = len(slot.path) == 1 and not slot.filters
            slots.append((len(pieces), str(slot.path[0]) if plain else None, slot))
            pieces.append("")
        elif not isinstance(node, CommentNode):
            return None
    return _html(pieces, tuple(slots)) if html else _plain(pieces, tuple(slots))


def _plain(pieces: list[str], slots: Sequence[tuple[int, str | None, Slot]]) -> Text:
    def text(variables: Variables) -> str | None:
        filled = pieces.copy()
        get = variables.get
        for place, name, slot in slots:
            if name is not None and (value := get(name)).__class__ is str:
                filled[place] = value
            elif (other := slot.text(variables)) is not None:
                filled[place] = other
            else:
                return None
        return _joined(filled)

    return text


def _html(pieces: list[str], slots: Sequence[tuple[int, str | None, Slot]]) -> Text:
    def text(variables: Variables) -> str | None:
        filled = pieces.copy()
        get = variables.get
        for place, name, slot in slots:
            if name is not None and (value := get(name)).__class__ is str and len(value) <= SMALL:
                filled[place] = escape(value)
            elif (other := slot.text(variables)) is not None:
                filled[place] = other
            else:
                return None
        return _joined(filled)

    return text


def _joined(filled: list[str]) -> str:
    if sum(map(len, filled)) > MAX_OUTPUT:
        raise LimitReached(f"makes a text of more than {MAX_OUTPUT} characters")
    return "".join(filled)


def _slot(node: Node, *, html: bool, strict: bool) -> Slot | None:
    expression = node.expression if isinstance(node, OutputNode) else None
    if not isinstance(expression, FilteredExpression) or not isinstance(expression.left, Path):
        return None
    path = expression.left.path
    if not all(isinstance(segment, str) for segment in path) or SPECIAL & set(map(str, path[1:])):
        return None
    filters: list[Callable[[object], object]] = []
    defaulted = False
    for one in expression.filters or ():
        if one.name == "default":
            literal = _literal(one.args, html=html)
            if literal is _ABSENT:
                return None
            defaulted = defaulted or not filters
            filters.append(partial(_default, literal))
        elif one.name in PLAIN and not one.args:
            filters.append(PLAIN[one.name])
        else:
            return None
    return Slot(list(path), tuple(filters), defaulted, html, strict)


def _literal(arguments: Sequence[object], *, html: bool) -> object:
    if len(arguments) != 1 or not isinstance(arguments[0], PositionalArgument):
        return _ABSENT
    value = arguments[0].value
    if isinstance(value, StringLiteral):
        return Markup(value.value) if html else value.value
    return value.value if isinstance(value, IntegerLiteral | FloatLiteral) else _ABSENT


def _default(literal: object, value: object) -> object:
    return misc.default(value, literal)
