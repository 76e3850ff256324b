"""Where saved segments are kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from domain.audience.segment.predicate import Predicate
from domain.audience.segment.saved_segment import Segment


class Segments(Protocol):
    async def add(self, segment: Segment) -> None:
        """Raise AlreadyExists when a live segment of the application has its name."""
        ...

    async def get(self, application_id: UUID, segment_id: UUID) -> Segment:
        """Archived ones too; raise NotFound."""
        ...

    async def change(
        self, application_id: UUID, segment_id: UUID, change: Callable[[Segment], None]
    ) -> Segment:
        """Load under a row lock, change, store; raise NotFound, or AlreadyExists for a name that is taken."""
        ...

    async def list(
        self, application_id: UUID, *, include_archived: bool, after: UUID | None, limit: int
    ) -> Sequence[Segment]:
        """In the order of creation."""
        ...

    async def predicates(self, application_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, Predicate]:
        """Of those that the application has and that are not archived; `Targeting.resolve` names who is missing."""
        ...
