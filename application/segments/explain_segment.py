"""Say why a subscription is in a segment, or is not: every condition with its own verdict."""

from __future__ import annotations

import attrs

from application.ports.clock import Clock
from application.ports.segment_members import SegmentMembers
from application.ports.segments import Segments
from application.segments.commands import ExplainSegmentCommand
from domain.audience.segment.matching import Explanation, explain
from domain.audience.segment.predicate import campaigns_of


@attrs.frozen(kw_only=True)
class ExplainSegment:
    segments: Segments
    segment_members: SegmentMembers
    clock: Clock

    async def __call__(self, command: ExplainSegmentCommand) -> Explanation:
        """Raise NotFound for a segment or a subscription that is not the application's."""
        segment = await self.segments.get(command.application_id, command.segment_id)
        facts = await self.segment_members.facts(
            command.application_id, command.subscription_id, campaigns_of(segment.predicate)
        )
        return explain(segment.predicate, facts, self.clock.now())
