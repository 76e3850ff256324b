"""Times are Seoul's where Korean gateways say nothing else, and waits end there at the right hour."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.channels.frame.korean_time import (
    in_seoul,
    parse_time,
    seconds_until_midnight,
    seconds_until_morning,
)

NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-07-24 09:00:00.0", datetime(2026, 7, 24, 0, 0, tzinfo=UTC)),
        ("2026-07-24T09:00:00", datetime(2026, 7, 24, 0, 0, tzinfo=UTC)),
        ("2026-07-24T09:00:00+09:00", datetime(2026, 7, 24, 0, 0, tzinfo=UTC)),
        ("2026-07-24T00:00:00.000Z", datetime(2026, 7, 24, 0, 0, tzinfo=UTC)),
        (" 2026-07-24 09:00:00 ", datetime(2026, 7, 24, 0, 0, tzinfo=UTC)),
        ("0001-01-01T00:00:00+09:00", NEVER),
        ("yesterday", NEVER),
        ("", NEVER),
        (None, NEVER),
    ],
)
def test_times_are_read_with_or_without_a_zone(text: str | None, at: datetime) -> None:
    """Without one they are Seoul's; what is none is somebody else's to know."""
    assert parse_time(text, otherwise=NEVER) == at


@pytest.mark.parametrize(
    ("hour", "until_morning", "until_midnight"),
    [(22, 3_600, 17 * 3_600), (23, 86_400, 16 * 3_600), (15, 8 * 3_600, 86_400)],
)
def test_waits_end_at_seouls_hours(hour: int, until_morning: int, until_midnight: int) -> None:
    """22:00 UTC is 07:00 in Seoul; exactly at the hour it is tomorrow's."""
    now = datetime(2026, 7, 24, hour, tzinfo=UTC)
    assert (seconds_until_morning(now), seconds_until_midnight(now)) == (until_morning, until_midnight)


def test_times_are_written_as_seouls() -> None:
    """For queries."""
    assert in_seoul(datetime(2026, 7, 24, 20, 5, tzinfo=UTC), "%Y-%m-%d %H:%M") == "2026-07-25 05:05"
