"""Count the members of a saved segment, live."""

from __future__ import annotations

import attrs

from application.ports.clock import Clock
from application.ports.segment_members import AudienceCount, SegmentMembers
from application.ports.segments import Segments
from application.segments.commands import CountSegmentCommand
from application.segments.count_audience import check_sample


@attrs.frozen(kw_only=True)
class CountSegment:
    segments: Segments
    segment_members: SegmentMembers
    clock: Clock

    async def __call__(self, command: CountSegmentCommand) -> AudienceCount:
        """Archived segments too; raise NotFound, InvalidInput for a bad sample, CountTimedOut."""
        sample = check_sample(command.sample)
        segment = await self.segments.get(command.application_id, command.segment_id)
        return await self.segment_members.count(
            command.application_id, segment.predicate, now=self.clock.now(), sample=sample
        )
