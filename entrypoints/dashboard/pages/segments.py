"""Segments: the list, and the builder that counts while one writes."""

from __future__ import annotations

from typing import Any, Final

from application.segments.commands import (
    ArchiveSegmentCommand,
    CountAudienceCommand,
    CreateSegmentCommand,
    ListSegmentsCommand,
    ReadSegmentCommand,
    UpdateSegmentCommand,
)
from domain.audience.segment.fields import KINDS, OPERATORS, Field
from domain.audience.segment.saved_segment import Segment
from domain.audience.segment.to_json import predicate_json
from domain.operators.roles import Right
from domain.shared.errors import SignalError
from domain.shared.json_values import Json
from entrypoints.dashboard.pages.segment_form import Row, predicate_of, rows_of, rows_of_form
from entrypoints.dashboard.visit import Action, Changed, Page, Question, Shown, Visit

START: Final = "/dashboard/apps/{application_id}/segments"
SEGMENT: Final = START + "/{segment_id}"
EMPTY: Final[Row] = {"field": "", "key": "", "operator": "", "value": "", "negate": ""}


async def list_segments(visit: Visit) -> Shown:
    page = await visit.use_cases.list_segments(
        ListSegmentsCommand(application_id=visit.app.id, cursor=visit.query("cursor"), limit=50)
    )
    return Shown("segments.html", {"page": page})


async def new_segment(visit: Visit) -> Shown:
    return _builder(visit, None)


async def edit_segment(visit: Visit) -> Shown:
    return _builder(visit, await _read(visit))


async def create_segment(visit: Visit) -> Changed:
    made = await visit.use_cases.create_segment(
        CreateSegmentCommand(
            application_id=visit.app.id,
            name=visit.form.get("name"),
            description=visit.form.get("description"),
            predicate=predicate_of(visit.form),
        )
    )
    return Changed(
        location=f"{visit.app_url}/segments", note="created", subject=made.name, after=_facts(made)
    )


async def update_segment(visit: Visit) -> Changed:
    before = await _read(visit)
    kept = _facts(before)
    after = await visit.use_cases.update_segment(
        UpdateSegmentCommand(
            application_id=visit.app.id,
            segment_id=before.id,
            name=visit.form.get("name"),
            description=visit.form.get("description"),
            predicate=predicate_of(visit.form),
        )
    )
    return Changed(location=f"{visit.app_url}/segments", subject=after.name, before=kept, after=_facts(after))


async def archive_segment(visit: Visit) -> Changed:
    before = await _read(visit)
    await visit.use_cases.archive_segment(
        ArchiveSegmentCommand(application_id=visit.app.id, segment_id=before.id)
    )
    return Changed(
        location=f"{visit.app_url}/segments", note="removed", subject=before.name, before=_facts(before)
    )


async def count(visit: Visit) -> Shown:
    """A piece of a page: how many match now, by channel, or what is wrong with the conditions."""
    try:
        found = await visit.use_cases.count_audience(
            CountAudienceCommand(application_id=visit.app.id, predicate=predicate_of(visit.form), sample=5)
        )
    except SignalError as refused:
        return Shown("segment_count.html", {"count": None, "refused": refused})
    return Shown("segment_count.html", {"count": found, "refused": None})


def _builder(visit: Visit, segment: Segment | None) -> Shown:
    join, rows, mode = "and", [EMPTY], "rows"
    source: dict[str, Any] | None = None
    if segment is not None:
        source = predicate_json(segment.predicate)
        fitting = rows_of(segment.predicate)
        if fitting is None:
            mode = "json"
        else:
            join, rows = fitting
    if visit.form:
        join, rows = visit.form.get("join", "and"), rows_of_form(visit.form) or [EMPTY]
        mode = visit.form.get("mode", "rows")
    return Shown(
        "segment_form.html",
        {
            "segment": segment,
            "join": join,
            "rows": rows,
            "mode": mode,
            "source": source,
            "fields": [one.value for one in Field],
            "operators": {
                field.value: [operator.value for operator in OPERATORS[KINDS[field]]] for field in Field
            },
            "empty": EMPTY,
        },
    )


async def _read(visit: Visit) -> Segment:
    return await visit.use_cases.read_segment(
        ReadSegmentCommand(application_id=visit.app.id, segment_id=visit.path_id("segment_id"))
    )


def _facts(segment: Segment) -> dict[str, Json]:
    return {"name": segment.name, "predicate": predicate_json(segment.predicate)}


PAGES: Final = (
    Page(path=START, section="segments", show=list_segments),
    Page(path=START + "/new", section="segments", show=new_segment, right=Right.CAMPAIGNS),
    Page(path=SEGMENT, section="segments", show=edit_segment),
)
QUESTIONS: Final = (Question(path=START + "/count", section="segments", right=Right.READ, answer=count),)
ACTIONS: Final = (
    Action(
        path=START + "/new",
        section="segments",
        name="segment.create",
        right=Right.CAMPAIGNS,
        perform=create_segment,
        again=new_segment,
    ),
    Action(
        path=SEGMENT,
        section="segments",
        name="segment.update",
        right=Right.CAMPAIGNS,
        perform=update_segment,
        again=edit_segment,
    ),
    Action(
        path=SEGMENT + "/archive",
        section="segments",
        name="segment.archive",
        right=Right.CAMPAIGNS,
        perform=archive_segment,
        again=edit_segment,
    ),
)
