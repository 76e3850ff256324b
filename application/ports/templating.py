"""Turns a body with placeholders into the body one person gets: compile a source once, render it many times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from domain.messaging.content import Body, Json
from domain.shared.channels import Channel


class CompiledBody(Protocol):
    """A source that passed the checks. Rendering is pure: same variables, same result, nothing changes anywhere."""

    @property
    def names(self) -> frozenset[str]:
        """The variables that the source reads; empty: every render answers the source.

        For `{{ a.b }}` both `a` and `a.b`, because variables may hold either (the flat key wins).
        """
        ...

    @property
    def placeholders(self) -> frozenset[str]:
        """The same variables as they are written, `a.b` for `{{ a.b }}`."""
        ...

    def missing(self, variables: Mapping[str, Json]) -> tuple[str, ...]:
        """The placeholders for which these variables have nothing, or null."""
        ...

    def check_numbers(self, variables: Mapping[str, Json]) -> None:
        """Raise RenderRefused, naming the field, for a key that must be a number and would render to something else.

        Renders those keys alone; costs nothing where there are none, and gives up without a word where it would take long.
        """
        ...

    def render(self, variables: Mapping[str, Json]) -> Body:
        """The body with every placeholder filled in; what is missing or null becomes the empty text.

        A key that must be a number (`domain.templates.numbers`) is one. Raises RenderRefused when it would not be, when
        a limit is hit, or when the source is strict and a value is missing or null.
        """
        ...


class Templating(Protocol):
    """The engine: Liquid without includes, files or a clock."""

    def compile(
        self, channel: Channel, body: Body, *, strict: bool = False, field: str = "content"
    ) -> CompiledBody:
        """Raise TemplateInvalid, naming field, line and column, for a source that cannot be used.

        `body` is the JSON object that `content.<channel>` is; every string in it may be Liquid. `field` is where
        the body stands in the request, and leads the names in errors.
        """
        ...
