"""Templates as JSON: contents in and out, versions, differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.templates.commands import SourceChange, SourceGiven
from domain.shared import unset
from domain.shared.json_values import Json as JsonValue
from domain.templates.difference import Difference
from domain.templates.source import MAX_LANGUAGES
from domain.templates.template import Template, TemplateVersion
from domain.templates.variant import Variant
from entrypoints.http.decoding import In, Out
from entrypoints.http.wire import Json, Timestamp

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Description = Annotated[str, Meta(max_length=1_000)]
Liquid = Annotated[str, Meta(max_length=131_072, description="Liquid, as 안녕하세요 {{ name }}님")]
LiquidData = Annotated[
    Json,
    Meta(
        description="Every string in it may be Liquid; other values stay what they are. A key that is a number, as `badge`,"
        " may be Liquid that renders to one"
    ),
]
Language = Annotated[
    str, Meta(pattern="^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=35, description="as ko or pt-BR")
]
Languages = Annotated[dict[Language, "VariantIn"], Meta(max_length=MAX_LANGUAGES)]
Revision = Annotated[int, Meta(ge=1, le=2_147_483_647, description="`revision` as it was read")]


class ChannelsIn(In):
    """What other channels say, each the object that `content.<channel>` is; of push only what has no field above."""

    push: LiquidData | UnsetType = UNSET
    email: LiquidData | UnsetType = UNSET
    sms: LiquidData | UnsetType = UNSET
    kakao_talk: LiquidData | UnsetType = UNSET
    in_app: LiquidData | UnsetType = UNSET


class VariantIn(In):
    """What a template says in one language."""

    title_template: Liquid | None = None
    body_template: Liquid | None = None
    data_template: LiquidData | None = None
    channels: ChannelsIn = msgspec.field(default_factory=ChannelsIn)


class SourceIn(VariantIn):
    """What a template says: in its default language above, in others under `languages`."""

    languages: Languages = msgspec.field(default_factory=dict)
    default_language: (
        Annotated[Language, Meta(description="Of the fields above; left out: the application's")] | UnsetType
    ) = UNSET
    strict: Annotated[bool, Meta(description="Refuse a message whose value is missing or null")] = False


class TemplateIn(SourceIn, kw_only=True):
    """A new template; it says something in at least one channel."""

    name: Name
    description: Description = ""
    is_active: bool = True


class TemplateChange(In):
    """What is left out stays; `channels` and `languages` replace what is there. A changed content is a new version."""

    revision: Revision
    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    is_active: Annotated[bool, Meta(description="False: nothing new is sent from it")] | UnsetType = UNSET
    title_template: Liquid | UnsetType | None = UNSET
    body_template: Liquid | UnsetType | None = UNSET
    data_template: LiquidData | UnsetType | None = UNSET
    channels: ChannelsIn | UnsetType = UNSET
    languages: Languages | UnsetType = UNSET
    default_language: Language | UnsetType = UNSET
    strict: bool | UnsetType = UNSET
    activate: Annotated[bool, Meta(description="False: save a draft; the active version stays")] = True


class VariantOut(Out):
    """What a template says in one language."""

    title_template: str | None
    body_template: str | None
    data_template: Json | None
    channels: dict[str, Json]


class SourceOut(VariantOut):
    """What a version says."""

    languages: dict[str, VariantOut]
    default_language: str
    strict: bool


class TemplateSummary(Out):
    """A template without what it says."""

    id: UUID
    application_id: UUID
    name: str
    description: str
    is_active: bool
    version: Annotated[int, Meta(description="The active version")]
    latest_version: int
    revision: Annotated[int, Meta(description="Counts every change; name it when changing")]
    created_at: Timestamp
    updated_at: Timestamp
    is_archived: bool
    archived_at: Timestamp | None


class TemplateOut(TemplateSummary):
    """A template with what its active version says."""

    title_template: str | None
    body_template: str | None
    data_template: Json | None
    channels: dict[str, Json]
    languages: dict[str, VariantOut]
    default_language: str
    strict: bool


class TemplatePage(Out):
    """Templates in the order of creation."""

    items: list[TemplateSummary]
    next_cursor: str | None


class VersionSummary(Out):
    """That a version exists."""

    version: int
    created_at: Timestamp
    created_by: Annotated[str, Meta(description="Id of the key that saved it")]


class VersionPage(Out):
    """Versions, newest first."""

    items: list[VersionSummary]
    next_cursor: str | None


class VersionOut(SourceOut):
    """One version; it never changes."""

    template_id: UUID
    version: int
    created_at: Timestamp
    created_by: str


class DifferenceOut(Out):
    """One field that differs; `before` is what `against` says."""

    field: str
    kind: Literal["added", "removed", "changed"]
    before: Any
    after: Any


class DifferencesOut(Out):
    """What differs, in the order of the fields' names."""

    version: int
    against: Annotated[int, Meta(description="0: nothing at all")]
    differences: list[DifferenceOut]


def variant(given: VariantIn) -> Variant:
    return Variant(
        title_template=given.title_template,
        body_template=given.body_template,
        data_template=given.data_template,
        channels=channels(given.channels),
    )


def channels(given: ChannelsIn) -> dict[str, dict[str, JsonValue]]:
    return cast("dict[str, dict[str, JsonValue]]", msgspec.to_builtins(given))


def variants(given: Mapping[str, VariantIn]) -> dict[str, Variant]:
    return {tag: variant(one) for tag, one in given.items()}


def source_given(body: SourceIn) -> SourceGiven:
    return SourceGiven(
        default=variant(body),
        languages=variants(body.languages),
        default_language=None if body.default_language is UNSET else body.default_language,
        strict=body.strict,
    )


def source_change(body: TemplateChange) -> SourceChange:
    keep = unset.UNSET
    return SourceChange(
        title_template=keep if body.title_template is UNSET else body.title_template,
        body_template=keep if body.body_template is UNSET else body.body_template,
        data_template=keep if body.data_template is UNSET else body.data_template,
        channels=keep if body.channels is UNSET else channels(body.channels),
        languages=keep if body.languages is UNSET else variants(body.languages),
        default_language=keep if body.default_language is UNSET else body.default_language,
        strict=keep if body.strict is UNSET else body.strict,
    )


def summary_fields(one: Template) -> dict[str, Any]:
    return {name: getattr(one, name) for name in TemplateSummary.__struct_fields__}


def source_fields(version: TemplateVersion) -> dict[str, Any]:
    stored = version.source.to_json()
    languages = cast("dict[str, Any]", stored.pop("languages"))
    return {**stored, "languages": {tag: VariantOut(**one) for tag, one in languages.items()}}


def template_out(template: Template, version: TemplateVersion) -> TemplateOut:
    return TemplateOut(**summary_fields(template), **source_fields(version))


def version_out(version: TemplateVersion) -> VersionOut:
    return VersionOut(
        template_id=version.template_id,
        version=version.version,
        created_at=version.created_at,
        created_by=version.created_by,
        **source_fields(version),
    )


def difference_out(one: Difference) -> DifferenceOut:
    return DifferenceOut(field=one.field, kind=one.kind, before=one.before, after=one.after)
