"""How tests of campaigns write instants, wall times, schedules and refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from zoneinfo import available_timezones

import pytest

from domain.campaigns.cron import Cron
from domain.campaigns.schedule import Recurring
from domain.shared.errors import InvalidInput

ZONES: Final = sorted(available_timezones() - {"localtime"})
"""Every IANA zone."""


def at(text: str) -> datetime:
    """An instant with an offset, as aware UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def wall(text: str) -> datetime:
    """A naive wall time."""
    return datetime.fromisoformat(text)


def recurring(cron: str, zone: str, starts_at: str | None = None, ends_at: str | None = None) -> Recurring:
    """A schedule by cron."""
    return Recurring(
        Cron.parse(cron, field="cron"),
        zone,
        None if starts_at is None else at(starts_at),
        None if ends_at is None else at(ends_at),
    )


def refusal(read: Callable[[], object]) -> InvalidInput:
    """The error of a call that must refuse, which names a field and says what to do instead."""
    with pytest.raises(InvalidInput) as refused:
        read()
    assert refused.value.field
    assert refused.value.fix
    return refused.value
