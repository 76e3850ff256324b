"""A person of an application, known only by the application's own id for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

from domain.audience.tags import changed_facts, check_no_personal_facts
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json, check_line

MAX_EXTERNAL_ID: Final = 256


@attrs.define(slots=True)
class User:
    """(application, external id) is unique; a user is archived, never deleted, and a login revives them."""

    id: UUID
    application_id: UUID
    external_id: str
    properties: Mapping[str, Json]
    created_at: datetime
    last_active_at: datetime | None = None
    is_archived: bool = False
    archived_at: datetime | None = None

    @classmethod
    def create(cls, id: UUID, application_id: UUID, external_id: str, now: datetime) -> User:
        """Raise InvalidInput for an external id that breaks the rules."""
        return cls(id, application_id, check_external_id(external_id), {}, now, last_active_at=now)

    def touch(self, now: datetime) -> None:
        """They were active; time never runs backwards."""
        if self.last_active_at is None or now > self.last_active_at:
            self.last_active_at = now

    def revive(self) -> None:
        self.is_archived = False
        self.archived_at = None

    def archive(self, now: datetime) -> None:
        """Messages to their external id stop; archiving twice keeps the first time."""
        if not self.is_archived:
            self.is_archived = True
            self.archived_at = now

    def change_properties(self, *, set: Mapping[str, Json], remove: Iterable[str]) -> None:
        """Raise InvalidInput for personal data, nested values and values past the limits."""
        check_no_personal_facts(set, field="properties")
        self.properties = changed_facts(self.properties, set=set, remove=remove, field="properties")


def check_external_id(external_id: str) -> str:
    """1 to 256 characters, no control characters, no white space around it."""
    check_line(external_id, field="external_id", longest=MAX_EXTERNAL_ID)
    if external_id != external_id.strip():
        raise InvalidInput("external_id has white space around it", field="external_id", fix="trim it")
    return external_id
