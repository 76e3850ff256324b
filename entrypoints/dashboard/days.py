"""Days as people type them, in the zone of the application."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.shared.errors import InvalidInput
from entrypoints.dashboard.visit import Visit


def midnight(visit: Visit, text: str, field: str, *, after: bool = False) -> datetime:
    """A day of the application's zone as a moment; `after`: the end of that day. Raise InvalidInput naming the field."""
    try:
        day = date.fromisoformat(text)
        local = datetime.combine(day, time(), ZoneInfo(visit.app.settings.time_zone))
        return (local + timedelta(days=1) if after else local).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{field} is not a day", field=field, fix="use a day such as 2026-03-01") from None
