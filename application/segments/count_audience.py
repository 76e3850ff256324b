"""Count whom a predicate or targeting criteria would reach, live, before anything is saved."""

from __future__ import annotations

import attrs

from application.ports.applications import Applications
from application.ports.clock import Clock
from application.ports.segment_members import AudienceCount, SegmentMembers
from application.ports.segments import Segments
from application.segments.commands import MAX_SAMPLE, CountAudienceCommand
from domain.audience.segment.parse import parse_predicate
from domain.audience.segment.predicate import Predicate
from domain.audience.segment.targeting import parse_targeting
from domain.shared.errors import InvalidInput


@attrs.frozen(kw_only=True)
class CountAudience:
    applications: Applications
    segments: Segments
    segment_members: SegmentMembers
    clock: Clock

    async def __call__(self, command: CountAudienceCommand) -> AudienceCount:
        """Raise InvalidInput naming the place; NotFound, naming it too, for a segment that is not the application's;
        CountTimedOut."""
        sample = check_sample(command.sample)
        predicate = await self._predicate(command)
        await self.applications.get(command.application_id)
        return await self.segment_members.count(
            command.application_id, predicate, now=self.clock.now(), sample=sample
        )

    async def _predicate(self, command: CountAudienceCommand) -> Predicate:
        if (command.predicate is None) == (command.targeting_criteria is None):
            raise InvalidInput(
                "one of predicate and targeting_criteria is needed",
                field="predicate",
                fix="send one of them",
            )
        if command.predicate is not None:
            return parse_predicate(dict(command.predicate))
        assert command.targeting_criteria is not None
        targeting = parse_targeting(dict(command.targeting_criteria))
        named = targeting.segment_ids
        found = await self.segments.predicates(command.application_id, named) if named else {}
        return targeting.resolve(found)


def check_sample(sample: int) -> int:
    """Raise InvalidInput outside of 0..20."""
    if not 0 <= sample <= MAX_SAMPLE:
        raise InvalidInput(f"sample is {sample}", field="sample", fix=f"use 0 to {MAX_SAMPLE}")
    return sample
