"""Read one saved segment."""

from __future__ import annotations

import attrs

from application.ports.segments import Segments
from application.segments.commands import ReadSegmentCommand
from domain.audience.segment.saved_segment import Segment


@attrs.frozen(kw_only=True)
class ReadSegment:
    segments: Segments

    async def __call__(self, command: ReadSegmentCommand) -> Segment:
        """Archived ones too; raise NotFound."""
        return await self.segments.get(command.application_id, command.segment_id)
