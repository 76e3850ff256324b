"""Segments, counts and explanations as REST writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from application.ports.segment_members import AudienceCount, ChannelCount, Member
from domain.audience.segment.fields import Field, Operator
from domain.audience.segment.found_values import Found
from domain.audience.segment.matching import Explanation
from domain.audience.segment.moments import write_moment
from domain.audience.segment.saved_segment import Segment
from domain.audience.segment.to_json import predicate_json
from entrypoints.http.decoding import In, Out
from entrypoints.http.wire import ChannelName, Json, PageQuery, Timestamp, TypeName

_CONDITION = {
    "type": "object",
    "required": ["field", "operator"],
    "properties": {
        "field": {"type": "string", "enum": [field.value for field in Field]},
        "operator": {"type": "string", "enum": [operator.value for operator in Operator]},
        "key": {"type": "string", "minLength": 1, "maxLength": 128},
        "value": {},
        "of": {"type": "string", "enum": ["subscription", "user"]},
    },
    "additionalProperties": False,
}
_GROUP = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "properties": {
        "and": {"type": "array", "minItems": 1, "items": {"type": "object"}},
        "or": {"type": "array", "minItems": 1, "items": {"type": "object"}},
        "not": {"type": "object"},
        "everyone": {"const": True},
    },
    "additionalProperties": False,
}
PredicateJson = Annotated[
    Json,
    Meta(
        description='A condition {"field", "operator", "value"}, with `key` for tags and properties, or a group of'
        ' predicates: {"and": [...]}, {"or": [...]}, {"not": {...}}, {"everyone": true}',
        examples=[{"field": "tag", "key": "grade", "operator": "eq", "value": "VIP"}],
        extra_json_schema={"oneOf": [_CONDITION, _GROUP]},
    ),
]
_PARTS = {
    "type": "array",
    "maxItems": 20,
    "items": {"oneOf": [{"type": "string", "format": "uuid"}, {"type": "object"}]},
}
TargetingJson = Annotated[
    Json,
    Meta(
        description="In at least one of `include`, in none of `exclude`; each is the id of a segment or a predicate."
        " On the channels named, or on all",
        extra_json_schema={
            "required": ["include"],
            "properties": {
                "include": {**_PARTS, "minItems": 1},
                "exclude": _PARTS,
                "channels": {"type": "array", "minItems": 1, "items": {"type": "string"}},
            },
            "additionalProperties": False,
        },
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=128)]
Description = Annotated[str, Meta(max_length=1024)]
Sample = Annotated[int, Meta(ge=0, le=20, description="How many members to show")]


class SegmentIn(In):
    """A predicate to save under a name."""

    name: Name
    predicate: PredicateJson
    description: Description = ""


class SegmentChange(In):
    """What is left out stays."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    predicate: PredicateJson | UnsetType = UNSET


class SegmentOut(Out):
    """A saved segment."""

    id: UUID
    application_id: UUID
    name: str
    description: str
    predicate: Json
    created_at: Timestamp
    updated_at: Timestamp
    is_archived: bool


class SegmentPage(Out):
    """Segments in the order of creation."""

    items: list[SegmentOut]
    next_cursor: str | None


class SegmentQuery(PageQuery):
    """Which segments."""

    include_archived: bool = False


class CountQuery(In):
    """What to count beside the members."""

    sample: Sample = 0


class CountIn(In):
    """A predicate, or targeting criteria: one of them."""

    predicate: PredicateJson | None = None
    targeting_criteria: TargetingJson | None = None
    sample: Sample = 0


class CountOut(Out):
    """Subscriptions that match, and those of them that can be reached."""

    matching: int
    subscribed: int


class MemberOut(Out):
    """Somebody in a segment."""

    subscription_id: UUID
    type: TypeName
    subscription_status: int
    external_id: str | None


class AudienceCountOut(Out):
    """Counted at this moment, in all and by channel."""

    total: CountOut
    channels: dict[ChannelName, CountOut]
    sample: list[MemberOut]


class ExplanationOut(Out):
    """Whether a predicate holds for a subscription, with what was found there; of a group every part."""

    predicate: Json
    holds: bool
    parts: list[ExplanationOut]
    found: Any = None


def segment_out(segment: Segment) -> SegmentOut:
    return SegmentOut(
        id=segment.id,
        application_id=segment.application_id,
        name=segment.name,
        description=segment.description,
        predicate=predicate_json(segment.predicate),
        created_at=segment.created_at,
        updated_at=segment.updated_at,
        is_archived=segment.is_archived,
    )


def audience_count_out(count: AudienceCount) -> AudienceCountOut:
    return AudienceCountOut(
        total=_count_out(count.total),
        channels={channel.wire: _count_out(one) for channel, one in count.channels.items()},
        sample=[_member_out(one) for one in count.sample],
    )


def _count_out(count: ChannelCount) -> CountOut:
    return CountOut(matching=count.matching, subscribed=count.subscribed)


def _member_out(member: Member) -> MemberOut:
    return MemberOut(
        subscription_id=member.subscription_id,
        type=member.type.wire,
        subscription_status=member.subscription_status,
        external_id=member.external_id,
    )


def explanation_out(one: Explanation) -> ExplanationOut:
    return ExplanationOut(
        predicate=predicate_json(one.predicate),
        holds=one.holds,
        found=_found_out(one.found),
        parts=[explanation_out(part) for part in one.parts],
    )


def _found_out(found: Found) -> Any:
    if isinstance(found, datetime):
        return write_moment(found)
    if isinstance(found, frozenset):
        return sorted(operator.value for operator in found)
    return str(found) if isinstance(found, UUID) else found
