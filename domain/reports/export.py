"""An export: a file that is being written, in pieces that survive a crash, until it is ready, failed, or too old.

waiting ──► running ──► ready ──► (removed after a week)
   ▲           │
   └── pieces ─┴──────► failed, with the reason
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import attrs

from domain.reports.columns import Format, Subject
from domain.shared.errors import InvalidInput

KEPT: Final = timedelta(days=7)
LINK_LIVES: Final = timedelta(hours=1)
CLAIM_LASTS: Final = timedelta(seconds=60)
"""Whoever writes it says so again with every piece; after that another may go on from the last one."""
MOST_ROWS: Final = 10_000_000
MOST_BYTES: Final = 2 * 1024**3
MOST_OPEN: Final = 5
"""Exports of one application that wait or are written at once."""
MOST_ATTEMPTS: Final = 5
"""Beginnings in a row that brought no piece."""
EARLIEST: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


class ExportState(StrEnum):
    """The value is what the wire and the database hold."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


@attrs.frozen(slots=True, kw_only=True)
class Report:
    """Which rows, and how they are written."""

    application_id: UUID
    subject: Subject
    format: Format
    since: datetime
    until: datetime
    """By when a row was made: a message, an entry, a subscription; an event by its message; a figure by its hour."""
    campaign_id: UUID | None = None
    bom: bool = False


@attrs.frozen(slots=True, kw_only=True)
class Export:
    """One file and how far it is."""

    id: UUID
    report: Report
    state: ExportState
    created_at: datetime
    created_by: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    expires_at: datetime | None = None
    failure: str | None = None
    rows: int = 0
    bytes: int = 0
    done_share: float = 0.0


def checked_report(
    *,
    application_id: UUID,
    subject: Subject,
    format: Format,
    now: datetime,
    since: datetime | None,
    until: datetime | None,
    campaign_id: UUID | None,
    bom: bool,
) -> Report:
    """Raise InvalidInput naming since, until, campaign_id or bom."""
    ends = now if until is None else min(until, now)
    begins = EARLIEST if since is None else max(since, EARLIEST)
    if begins >= ends:
        raise InvalidInput(
            "since is not before until and now", field="since", fix="send a since that is earlier than until"
        )
    if subject is Subject.RECIPIENTS and campaign_id is None:
        raise InvalidInput("recipients are those of a campaign", field="campaign_id", fix="name the campaign")
    if campaign_id is not None and subject not in (
        Subject.RECIPIENTS,
        Subject.MESSAGES,
        Subject.STATISTICS,
    ):
        raise InvalidInput(f"{subject} are not kept by campaign", field="campaign_id", fix="leave it out")
    if bom and format is not Format.CSV:
        raise InvalidInput("only a CSV has a byte order mark", field="bom", fix="leave it out")
    return Report(
        application_id=application_id,
        subject=subject,
        format=format,
        since=begins,
        until=ends,
        campaign_id=campaign_id,
        bom=bom,
    )
