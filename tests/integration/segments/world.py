"""Segments on a real database: the use cases as the product wires them, over the audience's world."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.segment_members import PostgresSegmentMembers
from adapters.postgres.segments import PostgresSegments
from application.ports.segment_members import AudienceCount
from application.segments.archive_segment import ArchiveSegment
from application.segments.commands import (
    ArchiveSegmentCommand,
    CountAudienceCommand,
    CountSegmentCommand,
    CreateSegmentCommand,
    ExplainSegmentCommand,
    ListSegmentsCommand,
    ReadSegmentCommand,
    UpdateSegmentCommand,
)
from application.segments.count_audience import CountAudience
from application.segments.count_segment import CountSegment
from application.segments.create_segment import CreateSegment
from application.segments.explain_segment import ExplainSegment
from application.segments.list_segments import ListSegments
from application.segments.read_segment import ReadSegment
from application.segments.update_segment import UpdateSegment
from domain.audience.segment.matching import Explanation
from domain.audience.segment.saved_segment import Segment
from domain.shared.page import Page
from tests.integration.audience.world import World

VIPS: dict[str, Any] = {"field": "tag", "key": "grade", "operator": "eq", "value": "VIP"}
EVERYONE: dict[str, Any] = {"everyone": True}


class SegmentWorld(World):
    """What a marketer's server may do."""

    def __init__(self, engine: AsyncEngine, timeout: timedelta = timedelta(seconds=10)) -> None:
        super().__init__(engine)
        self.segments = PostgresSegments(engine)
        self.members = PostgresSegmentMembers(engine, timeout)
        segments, members, clock = self.segments, self.members, self.clock
        self._create = CreateSegment(
            applications=self.applications, segments=segments, clock=clock, identifiers=self.identifiers
        )
        self._read, self._list = ReadSegment(segments=segments), ListSegments(segments=segments)
        self._update = UpdateSegment(segments=segments, clock=clock)
        self._archive = ArchiveSegment(segments=segments, clock=clock)
        self._count = CountSegment(segments=segments, segment_members=members, clock=clock)
        self._count_audience = CountAudience(
            applications=self.applications, segments=segments, segment_members=members, clock=clock
        )
        self._explain = ExplainSegment(segments=segments, segment_members=members, clock=clock)

    async def save(self, app: UUID, name: str = "VIPs", predicate: dict[str, Any] = VIPS) -> Segment:
        return await self._create(CreateSegmentCommand(application_id=app, name=name, predicate=predicate))

    async def read_segment(self, app: UUID, segment_id: UUID) -> Segment:
        return await self._read(ReadSegmentCommand(application_id=app, segment_id=segment_id))

    async def list_segments(self, app: UUID, **more: Any) -> Page[Segment]:
        return await self._list(ListSegmentsCommand(application_id=app, **more))

    async def change_segment(self, app: UUID, segment_id: UUID, **more: Any) -> Segment:
        return await self._update(UpdateSegmentCommand(application_id=app, segment_id=segment_id, **more))

    async def archive(self, app: UUID, segment_id: UUID) -> Segment:
        return await self._archive(ArchiveSegmentCommand(application_id=app, segment_id=segment_id))

    async def count(self, app: UUID, segment_id: UUID, sample: int = 0) -> AudienceCount:
        return await self._count(
            CountSegmentCommand(application_id=app, segment_id=segment_id, sample=sample)
        )

    async def count_audience(self, app: UUID, **more: Any) -> AudienceCount:
        return await self._count_audience(CountAudienceCommand(application_id=app, **more))

    async def explain(self, app: UUID, segment_id: UUID, subscription_id: UUID) -> Explanation:
        command = ExplainSegmentCommand(
            application_id=app, segment_id=segment_id, subscription_id=subscription_id
        )
        return await self._explain(command)
