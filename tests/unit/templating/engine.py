"""The engine under test, python-liquid alone beside it, and what both make of a template."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from liquid import Environment
from liquid.exceptions import LiquidError

from adapters.templating.body import LiquidBody
from adapters.templating.engine import LiquidTemplating
from domain.shared.channels import Channel
from domain.shared.errors import RenderRefused

ENGINE = LiquidTemplating()
PLAIN = Environment()
ESCAPING = Environment(autoescape=True)
SLOWLY = "{% if false %}{% endif %}"
"""Renders to nothing, and keeps a text off the quick way."""
REFUSED = "refused"
"""What a refused rendering is compared as."""


def compiled(source: str, *, html: bool = False, strict: bool = False) -> LiquidBody:
    """One string as a body of its own: an e-mail's HTML, or a push's title."""
    if html:
        return ENGINE.compile(Channel.EMAIL, {"html": source}, strict=strict)
    return ENGINE.compile(Channel.PUSH, {"title": source}, strict=strict)


def rendered(source: str, variables: Mapping[str, Any], *, html: bool = False, strict: bool = False) -> str:
    """What the engine makes of it; the variables are as they were afterwards."""
    before = copy.deepcopy(dict(variables))
    body = compiled(source, html=html, strict=strict)
    try:
        (text,) = body.render(variables).values()
    except RenderRefused:
        text = REFUSED
    assert dict(variables) == before
    assert isinstance(text, str)
    return str(text)


def by_liquid_alone(source: str, variables: Mapping[str, Any], *, html: bool = False) -> str:
    """What python-liquid makes of it without us."""
    template = (ESCAPING if html else PLAIN).from_string(source)
    try:
        return str(template.render(**variables))
    except (LiquidError, ValueError, ArithmeticError):
        return REFUSED


def is_quick(source: str, *, html: bool = False) -> bool:
    """Whether the text takes the quick way."""
    return compiled(source, html=html).is_quick
