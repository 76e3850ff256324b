"""A segment that was saved: a predicate with a name of the application's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

from domain.audience.segment.parse import parse_predicate
from domain.audience.segment.predicate import Predicate
from domain.shared.errors import InvalidInput, NotFound
from domain.shared.json_values import Json, check_line, check_text
from domain.shared.unset import UNSET, Unset

MAX_NAME: Final = 128
MAX_DESCRIPTION: Final = 1_024


@attrs.define(slots=True)
class Segment:
    """Names are unique among an application's segments that are not archived; archived ones target nobody."""

    id: UUID
    application_id: UUID
    name: str
    description: str
    predicate: Predicate
    created_at: datetime
    updated_at: datetime
    is_archived: bool = False

    @classmethod
    def create(
        cls,
        id: UUID,
        application_id: UUID,
        *,
        name: str,
        description: str,
        predicate: Mapping[str, Json],
        now: datetime,
    ) -> Segment:
        """Raise InvalidInput naming the place."""
        return cls(
            id,
            application_id,
            _checked_name(name),
            _checked_description(description),
            parse_predicate(dict(predicate)),
            created_at=now,
            updated_at=now,
        )

    def update(
        self,
        now: datetime,
        *,
        name: str | Unset = UNSET,
        description: str | Unset = UNSET,
        predicate: Mapping[str, Json] | Unset = UNSET,
    ) -> None:
        """What is UNSET stays. Raise NotFound when archived, InvalidInput naming the place; then nothing changed."""
        if self.is_archived:
            raise NotFound("there is no such segment")
        new_name = self.name if isinstance(name, Unset) else _checked_name(name)
        new_text = self.description if isinstance(description, Unset) else _checked_description(description)
        if not isinstance(predicate, Unset):
            self.predicate = parse_predicate(dict(predicate))
        self.name, self.description, self.updated_at = new_name, new_text, now

    def archive(self, now: datetime) -> None:
        """Archiving twice keeps the first time."""
        if not self.is_archived:
            self.is_archived = True
            self.updated_at = now


def _checked_name(name: str) -> str:
    check_line(name, field="name", longest=MAX_NAME)
    if name != name.strip():
        raise InvalidInput("name has white space around it", field="name", fix="trim it")
    return name


def _checked_description(text: str) -> str:
    check_text(text, field="description")
    if len(text) > MAX_DESCRIPTION:
        raise InvalidInput(
            f"description has {len(text)} characters",
            field="description",
            fix=f"use at most {MAX_DESCRIPTION}",
        )
    return text
