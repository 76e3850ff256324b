"""Asking an NHN Cloud service for updated results, window after window: each at most a day long, read page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs
import msgspec

from adapters.channels.frame.korean_time import in_seoul
from application.ports.channels import Poll, Polled
from domain.messaging.report import MessageReport

FIRST_LOOK: Final = timedelta(hours=1)
LONGEST_LOOK: Final = timedelta(hours=23)
"""NHN answers for at most one day at a time."""


class _Cursor(msgspec.Struct):
    start: datetime
    end: datetime
    page: int = 0
    """The next page; 0: the window is finished."""


@attrs.frozen(slots=True)
class ResultWindow:
    """One page of one window."""

    cursor: _Cursor
    now: datetime

    @classmethod
    def of(cls, poll: Poll, overlap: timedelta) -> ResultWindow:
        """Where the last poll ended, `overlap` before it; the last hour at first."""
        if poll.cursor is None:
            return cls(_Cursor(poll.now - FIRST_LOOK, poll.now, 1), poll.now)
        last = msgspec.json.decode(poll.cursor, type=_Cursor)
        if not last.page:
            start = last.end - overlap
            last = _Cursor(start, min(poll.now, start + LONGEST_LOOK), 1)
        return cls(last, poll.now)

    def query(self, pattern: str, size: int) -> Mapping[str, str | int]:
        """The query of this page; `pattern` is how the service writes times."""
        return results_query(self.cursor.start, self.cursor.end, pattern, page=self.cursor.page, size=size)

    def polled(self, reports: Sequence[MessageReport], *, full: bool) -> Polled:
        """What the poll answers; `full`: the page was, so there may be another one."""
        following = _Cursor(self.cursor.start, self.cursor.end, self.cursor.page + 1 if full else 0)
        more = full or self.cursor.end < self.now
        return Polled(reports, msgspec.json.encode(following).decode(), more)


def results_query(
    start: datetime, end: datetime, pattern: str, *, page: int = 1, size: int = 1
) -> Mapping[str, str | int]:
    """A question for the results that were updated between two times."""
    return {
        "startUpdateDate": in_seoul(start, pattern),
        "endUpdateDate": in_seoul(end, pattern),
        "pageNum": page,
        "pageSize": size,
    }
