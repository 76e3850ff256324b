"""What one may ask about segments. JSON comes as the caller sent it; the domain reads and refuses it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import attrs

from domain.shared.json_values import Json
from domain.shared.page import DEFAULT_LIMIT
from domain.shared.unset import UNSET, Unset

JsonObject = Mapping[str, Json]
MAX_SAMPLE = 20


@attrs.frozen(slots=True, kw_only=True)
class CreateSegmentCommand:
    application_id: UUID
    name: str
    predicate: JsonObject
    description: str = ""


@attrs.frozen(slots=True, kw_only=True)
class ReadSegmentCommand:
    application_id: UUID
    segment_id: UUID


@attrs.frozen(slots=True, kw_only=True)
class ListSegmentsCommand:
    application_id: UUID
    include_archived: bool = False
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@attrs.frozen(slots=True, kw_only=True)
class UpdateSegmentCommand:
    """What is UNSET stays."""

    application_id: UUID
    segment_id: UUID
    name: str | Unset = UNSET
    description: str | Unset = UNSET
    predicate: JsonObject | Unset = UNSET


@attrs.frozen(slots=True, kw_only=True)
class ArchiveSegmentCommand:
    application_id: UUID
    segment_id: UUID


@attrs.frozen(slots=True, kw_only=True)
class CountSegmentCommand:
    application_id: UUID
    segment_id: UUID
    sample: int = 0


@attrs.frozen(slots=True, kw_only=True)
class CountAudienceCommand:
    """Of a predicate or of targeting criteria that were saved nowhere: one of the two."""

    application_id: UUID
    predicate: JsonObject | None = None
    targeting_criteria: JsonObject | None = None
    sample: int = 0


@attrs.frozen(slots=True, kw_only=True)
class ExplainSegmentCommand:
    application_id: UUID
    segment_id: UUID
    subscription_id: UUID
