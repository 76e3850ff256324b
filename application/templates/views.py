"""What use cases of templates answer with, besides the templates themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from domain.messaging.content import Body
from domain.shared.channels import Channel
from domain.shared.json_values import Json
from domain.templates.difference import Difference


@attrs.frozen(slots=True)
class Problem:
    """Why something cannot be used, as an error says it; line and column where a source is wrong."""

    code: str
    detail: str
    field: str | None
    fix: str | None
    line: int | None = None
    column: int | None = None


@attrs.frozen(slots=True, kw_only=True)
class Preview:
    """One body with sample values; `body` is None when it cannot be rendered, then `problem` says why."""

    channel: Channel
    language: str
    """The one that was found for the device's."""
    placeholders: Sequence[str]
    missing: Sequence[str]
    """Placeholders without a value."""
    variables: Mapping[str, Json]
    """What a message would keep of the sample."""
    body: Body | None
    size: int
    """Bytes of the body as JSON."""
    limit: int
    """Bytes that the channel carries at most."""
    problem: Problem | None
    """What the renderer or the channel refuses it for."""


@attrs.frozen(slots=True)
class Validation:
    """Either problems, or a preview of every body."""

    problems: Sequence[Problem]
    previews: Sequence[Preview]


@attrs.frozen(slots=True)
class Comparison:
    """What `version` says otherwise than `against`; 0 stands for nothing at all."""

    version: int
    against: int
    differences: Sequence[Difference]
