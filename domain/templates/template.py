"""The template: a name, and versions of which one is active; what was saved once never changes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import attrs

from domain.shared.errors import Conflict, InvalidInput, NotFound
from domain.shared.json_values import check_line, check_text
from domain.templates.source import Source

MAX_NAME = 100
MAX_DESCRIPTION = 1_000
MAX_VERSIONS = 10_000


class RevisionMismatch(Conflict):
    """The template was changed since it was read."""

    code = "revision_mismatch"


@attrs.frozen(slots=True, kw_only=True)
class TemplateVersion:
    """One saved content; whoever pinned it gets exactly this for ever."""

    template_id: UUID
    version: int
    source: Source
    created_at: datetime
    created_by: str
    """The id of the key that saved it."""


@attrs.define(slots=True, kw_only=True)
class Template:
    """`version` is the active one, `latest_version` the newest, `revision` counts every change of anything."""

    id: UUID
    application_id: UUID
    name: str
    description: str
    is_active: bool
    version: int
    latest_version: int
    revision: int
    created_at: datetime
    updated_at: datetime
    is_archived: bool = False
    archived_at: datetime | None = None

    @classmethod
    def create(
        cls,
        *,
        id: UUID,
        application_id: UUID,
        name: str,
        description: str,
        is_active: bool,
        source: Source,
        now: datetime,
        created_by: str,
    ) -> tuple[Template, TemplateVersion]:
        """A template and its version 1; raise InvalidInput for a bad name or description."""
        made = cls(
            id=id,
            application_id=application_id,
            name=check_name(name),
            description=check_description(description),
            is_active=is_active,
            version=1,
            latest_version=1,
            revision=1,
            created_at=now,
            updated_at=now,
        )
        return made, made._saved(source, now, created_by)

    def rename(self, *, name: str | None, description: str | None, is_active: bool | None) -> bool:
        """Change what is not None; answer whether anything is different. No version is made."""
        before = (self.name, self.description, self.is_active)
        if name is not None:
            self.name = check_name(name)
        if description is not None:
            self.description = check_description(description)
        if is_active is not None:
            self.is_active = is_active
        return before != (self.name, self.description, self.is_active)

    def save(self, source: Source, *, activate: bool, now: datetime, created_by: str) -> TemplateVersion:
        """Add the next version, and make it the active one unless it is to be a draft."""
        if self.latest_version >= MAX_VERSIONS:
            raise Conflict(f"the template has {MAX_VERSIONS} versions", fix="go on in a new template")
        self.latest_version += 1
        if activate:
            self.version = self.latest_version
        return self._saved(source, now, created_by)

    def activate(self, version: int) -> bool:
        """Make a saved version the active one, newer or older; answer whether that is a change."""
        if not 1 <= version <= self.latest_version:
            raise NotFound("there is no such version", fix=f"use 1 to {self.latest_version}")
        changed = version != self.version
        self.version = version
        return changed

    def archive(self, now: datetime) -> None:
        """Take it out of use and free its name; messages that were made from it stay readable."""
        if not self.is_archived:
            self.is_archived = True
            self.archived_at = now
            self.touch(now)

    def touch(self, now: datetime) -> None:
        """Something about it is different now."""
        self.revision += 1
        self.updated_at = now

    def check_open(self, revision: int | None) -> None:
        """Raise Conflict when it is archived, or when `revision` is not the one that the caller has seen."""
        if self.is_archived:
            raise Conflict("the template is archived", fix="create a new one; its name is free")
        if revision is not None and revision != self.revision:
            raise RevisionMismatch(
                f"the template is at revision {self.revision}, not {revision}",
                field="revision",
                fix="read it again and repeat the change on what is there now",
            )

    def _saved(self, source: Source, now: datetime, created_by: str) -> TemplateVersion:
        return TemplateVersion(
            template_id=self.id,
            version=self.latest_version,
            source=source,
            created_at=now,
            created_by=created_by,
        )


def check_name(name: str) -> str:
    """1 to 100 characters, no control characters, not only white space."""
    return check_line(name.strip(), field="name", longest=MAX_NAME)


def check_description(description: str) -> str:
    """At most 1,000 characters, lines allowed."""
    check_text(description, field="description")
    if len(description) > MAX_DESCRIPTION:
        raise InvalidInput(
            f"description has {len(description)} characters",
            field="description",
            fix=f"use at most {MAX_DESCRIPTION}",
        )
    return description
