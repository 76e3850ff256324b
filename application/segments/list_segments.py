"""List an application's saved segments, in the order of their creation."""

from __future__ import annotations

import attrs

from application.ports.segments import Segments
from application.segments.commands import ListSegmentsCommand
from domain.audience.segment.saved_segment import Segment
from domain.shared.page import Page, check_limit, decode_id_cursor


@attrs.frozen(kw_only=True)
class ListSegments:
    segments: Segments

    async def __call__(self, command: ListSegmentsCommand) -> Page[Segment]:
        """Raise InvalidInput for a bad cursor or limit."""
        limit, after = check_limit(command.limit), decode_id_cursor(command.cursor)
        found = await self.segments.list(
            command.application_id,
            include_archived=command.include_archived,
            after=after,
            limit=limit + 1,
        )
        return Page.cut(found, limit, lambda segment: segment.id)
