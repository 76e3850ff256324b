"""Previews of templates as JSON: sample values in; bodies and what is wrong with them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.templates.commands import Sample
from application.templates.views import Preview, Problem
from domain.shared.json_values import check_json
from entrypoints.http.decoding import In, Out
from entrypoints.http.wire import ChannelName, Json
from entrypoints.rest.template_wire import SourceIn

Values = Annotated[Json, Meta(description="Values by the names of placeholders")]


class SampleIn(In):
    """Invented values, strongest source first."""

    variables: Values = msgspec.field(default_factory=dict)
    tags: Values = msgspec.field(default_factory=dict)
    properties: Values = msgspec.field(default_factory=dict)
    device: Values = msgspec.field(default_factory=dict)


class PreviewIn(SampleIn):
    """Which text to show, and with what."""

    version: Annotated[int, Meta(ge=1, le=10_000)] | UnsetType = UNSET
    channel: ChannelName = "push"
    language: Annotated[str, Meta(max_length=64, description="As the device reports it")] | None = None


class ValidateIn(SourceIn):
    """A content to be checked, and values to try it with; nothing is saved."""

    variables: Values = msgspec.field(default_factory=dict)
    tags: Values = msgspec.field(default_factory=dict)
    properties: Values = msgspec.field(default_factory=dict)
    device: Values = msgspec.field(default_factory=dict)


class TemplateProblem(Out, omit_defaults=True):
    """Why something cannot be used."""

    code: str
    detail: str
    field: str | UnsetType = UNSET
    fix: str | UnsetType = UNSET
    line: Annotated[int, Meta(description="From 1, within the field")] | UnsetType = UNSET
    column: int | UnsetType = UNSET


class PreviewOut(Out):
    """What would be sent."""

    channel: ChannelName
    language: Annotated[str, Meta(description="The one that was found for the device's")]
    placeholders: Sequence[str]
    missing: Annotated[Sequence[str], Meta(description="Placeholders without a value")]
    variables: Annotated[Json, Meta(description="What a message would keep of the sample")]
    body: Annotated[Json, Meta(description="The content; null when it cannot be rendered")] | None
    size: Annotated[int, Meta(description="Bytes of the body as JSON")]
    limit: Annotated[int, Meta(description="Bytes that the channel carries at most")]
    problem: Annotated[TemplateProblem, Meta(description="What stands in the way of sending it")] | None


class ValidationOut(Out):
    """Everything that is wrong; or, when nothing is, every body with the sample's values."""

    valid: bool
    problems: list[TemplateProblem]
    previews: list[PreviewOut]


def sample(body: SampleIn | ValidateIn) -> Sample:
    """Raise InvalidInput for values that no message could carry."""
    for name in ("variables", "tags", "properties", "device"):
        check_json(getattr(body, name), field=name)
    return Sample(variables=body.variables, tags=body.tags, properties=body.properties, device=body.device)


def problem_out(one: Problem) -> TemplateProblem:
    return TemplateProblem(
        code=one.code,
        detail=one.detail,
        field=one.field or UNSET,
        fix=one.fix or UNSET,
        line=one.line or UNSET,
        column=one.column or UNSET,
    )


def preview_out(one: Preview) -> PreviewOut:
    return PreviewOut(
        channel=one.channel.wire,
        language=one.language,
        placeholders=one.placeholders,
        missing=one.missing,
        variables=dict(one.variables),
        body=None if one.body is None else dict(one.body),
        size=one.size,
        limit=one.limit,
        problem=None if one.problem is None else problem_out(one.problem),
    )
