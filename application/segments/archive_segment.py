"""Archive a saved segment: it leaves the lists and can be named in no targeting any longer."""

from __future__ import annotations

import attrs

from application.ports.clock import Clock
from application.ports.segments import Segments
from application.segments.commands import ArchiveSegmentCommand
from domain.audience.segment.saved_segment import Segment


@attrs.frozen(kw_only=True)
class ArchiveSegment:
    segments: Segments
    clock: Clock

    async def __call__(self, command: ArchiveSegmentCommand) -> Segment:
        """Archiving twice keeps the first time; raise NotFound."""
        now = self.clock.now()
        return await self.segments.change(
            command.application_id, command.segment_id, lambda found: found.archive(now)
        )
