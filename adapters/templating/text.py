"""One string of a body: compiled once, as pieces where that is proved equal, else for python-liquid with a budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs
from liquid import BoundTemplate
from liquid.exceptions import LiquidError, LiquidInterrupt, UndefinedError

from adapters.templating.environment import MessageEnvironment
from adapters.templating.fast_path import Text, fast_text, missing
from adapters.templating.limits import Budget
from adapters.templating.reading import read
from adapters.templating.rendering import Paper, Rendering
from adapters.templating.scanning import Size, SourceError, scan
from domain.shared.errors import RenderRefused

_REPHRASED: Final = (
    ("expected a primitive expression, found end of expression", "a value is missing here"),
    ("found end of expression", "something is missing here"),
    ("expected a primitive expression, found ", "a value cannot start with "),
    ("expected end of expression, found ", "did not expect "),
)


@attrs.frozen(slots=True)
class CompiledText:
    """`fast` is None when the text needs python-liquid."""

    template: BoundTemplate
    fast: Text | None
    placeholders: frozenset[str]
    names: frozenset[str]
    weight: int
    looks_for_dots: bool
    """A placeholder may be answered by a key with a dot in it."""

    def render(self, variables: Mapping[str, object], budget: Budget) -> str:
        """The text for these variables by python-liquid; raise RenderRefused, without a field."""
        env = self.template.env
        assert isinstance(env, MessageEnvironment)
        budget.spend(self.weight)
        dotted = self.looks_for_dots and any("." in name for name in variables)
        rendering = Rendering(self.template, variables, budget, strict=env.strict, dotted=dotted)
        paper = Paper(budget)
        try:
            for node in self.template.nodes:
                node.render(rendering, paper)
        except RenderRefused:
            raise
        except UndefinedError as error:
            raise missing(str(error.message)) from None
        except (LiquidError, LiquidInterrupt) as error:
            raise _refusal(getattr(error, "message", error)) from None
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            # Filters of the library let through what Python says to values they did not expect.
            raise _refusal(error) from None
        return paper.getvalue()


def _refusal(reason: object) -> RenderRefused:
    return RenderRefused(
        f"the template does not fit these variables: {str(reason)[:200]}",
        fix="preview it with the values that were sent",
    )


def compile_text(source: str, environment: MessageEnvironment, size: Size) -> CompiledText:
    """Raise SourceError for what is no template; its index is where."""
    scan(source, size)
    try:
        template = environment.from_string(source)
    except LiquidError as error:
        token = error.token
        index = token.start_index if token is not None else 0
        if token is not None and token.kind == token.value and token.value.isidentifier():
            fix = f'a variable of this name is written ["{token.value}"]'
            raise SourceError(f"{token.value!r} is a word of Liquid", index, fix) from None
        raise SourceError(_rephrased(str(error.message)), max(index, 0), "correct the template") from None
    reading = read(template)
    return CompiledText(
        template=template,
        fast=fast_text(template, html=environment.autoescape, strict=environment.strict),
        placeholders=frozenset(reading.placeholders),
        names=frozenset(reading.names),
        weight=reading.weight,
        looks_for_dots=any("." in name for name in reading.names),
    )


def _rephrased(message: str) -> str:
    for theirs, ours in _REPHRASED:
        if theirs in message:
            return message.replace(theirs, ours)
    return message
