"""Change a saved segment's name, description or predicate."""

from __future__ import annotations

import attrs

from application.ports.clock import Clock
from application.ports.segments import Segments
from application.segments.commands import UpdateSegmentCommand
from domain.audience.segment.saved_segment import Segment


@attrs.frozen(kw_only=True)
class UpdateSegment:
    segments: Segments
    clock: Clock

    async def __call__(self, command: UpdateSegmentCommand) -> Segment:
        """Raise NotFound, for an archived segment too; InvalidInput naming the place; AlreadyExists."""
        now = self.clock.now()
        return await self.segments.change(
            command.application_id,
            command.segment_id,
            lambda found: found.update(
                now, name=command.name, description=command.description, predicate=command.predicate
            ),
        )
