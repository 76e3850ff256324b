"""What becomes of runs that fell into downtime: one may be made up for, the others are marked missed."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs

from domain.campaigns.json_fields import Fields
from domain.campaigns.schedule import Schedule, last_run, runs_between
from domain.shared.json_values import Json

ON_TIME: Final = timedelta(minutes=5)
"""A run that starts this late is not late: a restart or a deploy takes that long."""
MAX_LATENESS: Final = timedelta(days=30)
DEFAULT_LATENESS: Final = timedelta(hours=1)
COUNTED: Final = 10_000
"""Missed runs are counted up to here."""


class Downtime(StrEnum):
    SEND_LATE = "send_late"
    MARK_MISSED = "mark_missed"


@attrs.frozen
class Missed:
    """Runs that never took place."""

    count: int
    first: datetime
    last: datetime
    exact: bool = True
    """False: there were more than were counted; `last` is right all the same."""


@attrs.frozen
class DueRuns:
    """What is to be done about the runs of a span of time."""

    run: datetime | None = None
    """The run to start now, named by the instant it was due at."""
    late_by: timedelta = timedelta(0)
    missed: Missed | None = None

    @property
    def is_late(self) -> bool:
        return self.late_by > ON_TIME


@attrs.frozen
class DowntimePolicy:
    """Of all runs that are overdue only the latest can still start; the earlier ones are missed whatever the policy is.

    `send_late` starts it when it is at most `max_lateness` late, `mark_missed` only when it is on time.
    """

    mode: Downtime = Downtime.SEND_LATE
    max_lateness: timedelta = DEFAULT_LATENESS
    """Not used by mark_missed."""

    @property
    def tolerance(self) -> timedelta:
        """How late a run may start."""
        return max(self.max_lateness, ON_TIME) if self.mode is Downtime.SEND_LATE else ON_TIME

    def due(self, schedule: Schedule, *, since: datetime, now: datetime) -> DueRuns:
        """Judge the runs later than `since`, up to which everything was judged before, and not later than `now`.

        The caller stores `now` as the next `since` in the transaction that starts the run and records what was missed:
        then no run is judged twice.
        """
        latest = last_run(schedule, since, now)
        if latest is None:
            return DueRuns()
        late_by = now - latest
        if late_by > self.tolerance:
            return DueRuns(missed=_missed(schedule, since, latest))
        return DueRuns(latest, late_by, _missed(schedule, since, latest - timedelta(microseconds=1)))

    def to_json(self) -> dict[str, Json]:
        if self.mode is Downtime.MARK_MISSED:
            return {"policy": self.mode.value}
        return {
            "policy": self.mode.value,
            "max_lateness_seconds": self.max_lateness // timedelta(seconds=1),
        }


DEFAULT_DOWNTIME: Final = DowntimePolicy()


def downtime_from_json(value: Json, *, field: str = "downtime") -> DowntimePolicy:
    """Read a policy; raise InvalidInput naming the field. `{"policy": "send_late", "max_lateness_seconds": 21600}`."""
    fields = Fields.of(value, field, ("policy", "max_lateness_seconds"))
    mode = fields.required("policy", fields.choice("policy", Downtime), "send_late or mark_missed")
    seconds = fields.whole("max_lateness_seconds", 1, MAX_LATENESS // timedelta(seconds=1))
    if mode is Downtime.MARK_MISSED:
        if seconds is not None:
            raise fields.refused(
                "max_lateness_seconds", "contradicts mark_missed", "leave it out or use send_late"
            )
        return DowntimePolicy(mode)
    return DowntimePolicy(mode, DEFAULT_LATENESS if seconds is None else timedelta(seconds=seconds))


def _missed(schedule: Schedule, since: datetime, until: datetime) -> Missed | None:
    last = last_run(schedule, since, until)
    if last is None:
        return None
    counted = list(runs_between(schedule, since, last, limit=COUNTED))
    return Missed(len(counted), counted[0], last, exact=counted[-1] == last)
