"""Segments: saved predicates over the audience, live counts of them, and why somebody is in one or is not."""

from __future__ import annotations

from msgspec import UNSET

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
from domain.applications.scopes import Scope
from domain.shared.errors import InvalidInput
from domain.shared.unset import UNSET as UNCHANGED
from entrypoints.http.route import Call, Reply, Route
from entrypoints.rest.segment_wire import (
    AudienceCountOut,
    CountIn,
    CountQuery,
    ExplanationOut,
    SegmentChange,
    SegmentIn,
    SegmentOut,
    SegmentPage,
    SegmentQuery,
    audience_count_out,
    explanation_out,
    segment_out,
)
from entrypoints.rest.use_cases import RestUseCases


async def create_segment(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/segments"""
    body: SegmentIn = call.body
    made = await use_cases.create_segment(
        CreateSegmentCommand(
            application_id=call.application_id,
            name=body.name,
            description=body.description,
            predicate=body.predicate,
        )
    )
    return Reply(segment_out(made), status=201)


async def list_segments(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/segments"""
    query: SegmentQuery = call.query
    page = await use_cases.list_segments(
        ListSegmentsCommand(
            application_id=call.application_id,
            include_archived=query.include_archived,
            cursor=query.cursor,
            limit=query.limit,
        )
    )
    return Reply(SegmentPage(items=[segment_out(one) for one in page.items], next_cursor=page.next_cursor))


async def read_segment(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/segments/{segment_id}"""
    command = ReadSegmentCommand(application_id=call.application_id, segment_id=call.path["segment_id"])
    return Reply(segment_out(await use_cases.read_segment(command)))


async def update_segment(use_cases: RestUseCases, call: Call) -> Reply:
    """PATCH /v1/segments/{segment_id}"""
    body: SegmentChange = call.body
    if body.name is UNSET and body.description is UNSET and body.predicate is UNSET:
        raise InvalidInput("nothing to change", field="body", fix="send name, description or predicate")
    changed = await use_cases.update_segment(
        UpdateSegmentCommand(
            application_id=call.application_id,
            segment_id=call.path["segment_id"],
            name=UNCHANGED if body.name is UNSET else body.name,
            description=UNCHANGED if body.description is UNSET else body.description,
            predicate=UNCHANGED if body.predicate is UNSET else body.predicate,
        )
    )
    return Reply(segment_out(changed))


async def archive_segment(use_cases: RestUseCases, call: Call) -> Reply:
    """DELETE /v1/segments/{segment_id}"""
    await use_cases.archive_segment(
        ArchiveSegmentCommand(application_id=call.application_id, segment_id=call.path["segment_id"])
    )
    return Reply(status=204)


async def count_segment(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/segments/{segment_id}/count"""
    query: CountQuery = call.query
    found = await use_cases.count_segment(
        CountSegmentCommand(
            application_id=call.application_id, segment_id=call.path["segment_id"], sample=query.sample
        )
    )
    return Reply(audience_count_out(found))


async def count_audience(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/segments/count"""
    body: CountIn = call.body
    found = await use_cases.count_audience(
        CountAudienceCommand(
            application_id=call.application_id,
            predicate=body.predicate,
            targeting_criteria=body.targeting_criteria,
            sample=body.sample,
        )
    )
    return Reply(audience_count_out(found))


async def explain_segment(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/segments/{segment_id}/explain/{subscription_id}"""
    found = await use_cases.explain_segment(
        ExplainSegmentCommand(
            application_id=call.application_id,
            segment_id=call.path["segment_id"],
            subscription_id=call.path["subscription_id"],
        )
    )
    return Reply(explanation_out(found))


_TAG = "segments"
ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/segments",
        name="list_segments",
        tag=_TAG,
        summary="List segments",
        scope=Scope.AUDIENCE_READ,
        query=SegmentQuery,
        replies={200: SegmentPage},
        handler=list_segments,
    ),
    Route(
        method="POST",
        path="/v1/segments",
        name="create_segment",
        tag=_TAG,
        summary="Save a segment",
        scope=Scope.AUDIENCE_WRITE,
        body=SegmentIn,
        replies={201: SegmentOut},
        errors=frozenset({409}),
        handler=create_segment,
    ),
    Route(
        method="POST",
        path="/v1/segments/count",
        name="count_audience",
        tag=_TAG,
        summary="Count whom a predicate or targeting criteria would reach",
        scope=Scope.AUDIENCE_READ,
        body=CountIn,
        replies={200: AudienceCountOut},
        handler=count_audience,
    ),
    Route(
        method="GET",
        path="/v1/segments/{segment_id}",
        name="read_segment",
        tag=_TAG,
        summary="Read a segment",
        scope=Scope.AUDIENCE_READ,
        replies={200: SegmentOut},
        handler=read_segment,
    ),
    Route(
        method="PATCH",
        path="/v1/segments/{segment_id}",
        name="update_segment",
        tag=_TAG,
        summary="Change a segment; what was launched with it stays as it was",
        scope=Scope.AUDIENCE_WRITE,
        body=SegmentChange,
        replies={200: SegmentOut},
        errors=frozenset({409}),
        handler=update_segment,
    ),
    Route(
        method="DELETE",
        path="/v1/segments/{segment_id}",
        name="archive_segment",
        tag=_TAG,
        summary="Archive a segment; it can be targeted no longer",
        scope=Scope.AUDIENCE_WRITE,
        replies={204: None},
        handler=archive_segment,
    ),
    Route(
        method="GET",
        path="/v1/segments/{segment_id}/count",
        name="count_segment",
        tag=_TAG,
        summary="Count a segment's members, live",
        scope=Scope.AUDIENCE_READ,
        query=CountQuery,
        replies={200: AudienceCountOut},
        handler=count_segment,
    ),
    Route(
        method="GET",
        path="/v1/segments/{segment_id}/explain/{subscription_id}",
        name="explain_segment",
        tag=_TAG,
        summary="Why a subscription is in a segment, or is not",
        scope=Scope.AUDIENCE_READ,
        replies={200: ExplanationOut},
        handler=explain_segment,
    ),
)
