"""Where templates and their versions are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.messaging.content import Body
from domain.shared.channels import Channel
from domain.templates.source import Choice, Source
from domain.templates.template import Template, TemplateVersion


@attrs.frozen(slots=True)
class PinnedTemplate:
    """One version, as whoever sends needs it: `id`, `version` and `strict` go into `content.template`."""

    id: UUID
    version: int
    source: Source
    is_active: bool = True
    """False: it was switched off, nothing new may be sent from it."""

    @property
    def strict(self) -> bool:
        return self.source.strict

    def choose(self, channel: Channel, language: str | None) -> Choice | None:
        """The body for a device's language and the language that was found; None: no text for this channel."""
        return self.source.choose(channel, language)

    def body_for(self, channel: Channel, language: str | None) -> Body | None:
        """The source body of `content.<channel>` for a device's language; None: no text for this channel."""
        choice = self.source.choose(channel, language)
        return None if choice is None else choice.body


@attrs.frozen(slots=True)
class SavedVersion:
    """That a version exists, without what it says."""

    version: int
    created_at: datetime
    created_by: str


Change = Callable[[Template, TemplateVersion], TemplateVersion | None]
"""Changes a template, given its active version; answers a version to be stored with it."""


class Templates(Protocol):
    """Every call names the application; what belongs to another one is NotFound."""

    async def add(self, template: Template, version: TemplateVersion) -> None:
        """Raise AlreadyExists when the name is taken, NotFound without such an application."""
        ...

    async def get(self, application_id: UUID, template_id: UUID) -> tuple[Template, TemplateVersion]:
        """The template and its active version, archived ones too; raise NotFound."""
        ...

    async def change(
        self, application_id: UUID, template_id: UUID, change: Change
    ) -> tuple[Template, TemplateVersion]:
        """Load under a row lock with the active version, change, store; answer what is there then.

        Raise NotFound, or AlreadyExists when a new name is taken.
        """
        ...

    async def version(self, application_id: UUID, template_id: UUID, version: int) -> TemplateVersion:
        """Raise NotFound."""
        ...

    async def versions(
        self, application_id: UUID, template_id: UUID, *, before: int | None, limit: int
    ) -> Sequence[SavedVersion]:
        """Newest first, those below `before`; raise NotFound without such a template."""
        ...

    async def list(
        self, application_id: UUID, *, include_archived: bool, after: UUID | None, limit: int
    ) -> Sequence[Template]:
        """In the order of creation."""
        ...

    async def pinned(
        self, application_id: UUID, template_id: UUID, version: int | None
    ) -> PinnedTemplate | None:
        """A version (None: the active one) to send from, at most two seconds old, cached.

        None when the application has no such template or version, or when the template is archived.
        """
        ...
