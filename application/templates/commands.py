"""What one may ask about templates."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import attrs

from domain.shared.channels import Channel
from domain.shared.json_values import Json
from domain.shared.page import DEFAULT_LIMIT
from domain.shared.unset import UNSET, Unset
from domain.templates.source import Source
from domain.templates.variant import Variant


@attrs.frozen(slots=True, kw_only=True)
class SourceGiven:
    """A whole content, as a caller writes it; `default_language` None is the application's."""

    default: Variant
    languages: Mapping[str, Variant] = attrs.field(factory=dict)
    default_language: str | None = None
    strict: bool = False

    def checked(self, default_language: str) -> Source:
        """Raise InvalidInput naming the field."""
        return Source.checked(
            default=self.default,
            languages=self.languages,
            default_language=self.default_language or default_language,
            strict=self.strict,
        )


@attrs.frozen(slots=True, kw_only=True)
class SourceChange:
    """What differs from the active version; UNSET keeps what is there, `channels` and `languages` replace."""

    title_template: str | Unset | None = UNSET
    body_template: str | Unset | None = UNSET
    data_template: Mapping[str, Json] | Unset | None = UNSET
    channels: Mapping[str, Mapping[str, Json]] | Unset = UNSET
    languages: Mapping[str, Variant] | Unset = UNSET
    default_language: str | Unset = UNSET
    strict: bool | Unset = UNSET


@attrs.frozen(slots=True, kw_only=True)
class CreateTemplateCommand:
    application_id: UUID
    name: str
    source: SourceGiven
    created_by: str
    description: str = ""
    is_active: bool = True


@attrs.frozen(slots=True, kw_only=True)
class UpdateTemplateCommand:
    """`revision` is the one that was read; `activate` False saves a draft, which nothing is sent from."""

    application_id: UUID
    template_id: UUID
    revision: int
    changed_by: str
    name: str | None = None
    description: str | None = None
    is_active: bool | None = None
    source: SourceChange = attrs.field(factory=SourceChange)
    activate: bool = True


@attrs.frozen(slots=True, kw_only=True)
class ReadTemplateCommand:
    application_id: UUID
    template_id: UUID


@attrs.frozen(slots=True, kw_only=True)
class ListTemplatesCommand:
    application_id: UUID
    include_archived: bool = False
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@attrs.frozen(slots=True, kw_only=True)
class ListVersionsCommand:
    application_id: UUID
    template_id: UUID
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@attrs.frozen(slots=True, kw_only=True)
class ReadVersionCommand:
    application_id: UUID
    template_id: UUID
    version: int


@attrs.frozen(slots=True, kw_only=True)
class CompareVersionsCommand:
    """`against` None: the version before; before the first there was nothing."""

    application_id: UUID
    template_id: UUID
    version: int
    against: int | None = None


@attrs.frozen(slots=True, kw_only=True)
class ActivateVersionCommand:
    """`revision` None: whatever happened to the template meanwhile."""

    application_id: UUID
    template_id: UUID
    version: int
    revision: int | None = None


@attrs.frozen(slots=True, kw_only=True)
class ArchiveTemplateCommand:
    application_id: UUID
    template_id: UUID


@attrs.frozen(slots=True, kw_only=True)
class Sample:
    """Invented values by source, strongest first: what a caller sends, and what is known of the recipient."""

    variables: Mapping[str, Json] = attrs.field(factory=dict)
    tags: Mapping[str, Json] = attrs.field(factory=dict)
    properties: Mapping[str, Json] = attrs.field(factory=dict)
    device: Mapping[str, Json] = attrs.field(factory=dict)


@attrs.frozen(slots=True, kw_only=True)
class PreviewTemplateCommand:
    """`version` None: the active one; `language` None: a device that reports none."""

    application_id: UUID
    template_id: UUID
    version: int | None = None
    channel: Channel = Channel.PUSH
    language: str | None = None
    sample: Sample = attrs.field(factory=Sample)


@attrs.frozen(slots=True, kw_only=True)
class ValidateTemplateCommand:
    """A content that is not saved, with values to try it with."""

    application_id: UUID
    source: SourceGiven
    sample: Sample = attrs.field(factory=Sample)
