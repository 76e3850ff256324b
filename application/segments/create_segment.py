"""Save a segment."""

from __future__ import annotations

import attrs

from application.ports.applications import Applications
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.segments import Segments
from application.segments.commands import CreateSegmentCommand
from domain.audience.segment.saved_segment import Segment


@attrs.frozen(kw_only=True)
class CreateSegment:
    applications: Applications
    segments: Segments
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: CreateSegmentCommand) -> Segment:
        """Raise InvalidInput naming the place in the predicate; AlreadyExists for a name that is taken; NotFound,
        Forbidden for an unknown or inactive application."""
        segment = Segment.create(
            self.identifiers.one(),
            command.application_id,
            name=command.name,
            description=command.description,
            predicate=command.predicate,
            now=self.clock.now(),
        )
        (await self.applications.get(command.application_id)).check_active()
        await self.segments.add(segment)
        return segment
