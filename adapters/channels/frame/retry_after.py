"""The Retry-After header: seconds or an HTTP date (RFC 9110 section 10.2.3), as seconds from now."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

LONGEST = 86_400.0
"""Seconds. A provider that asks for more is answered with a day, so that no message waits for ever."""


def parse_retry_after(value: str | None, *, now: float) -> float | None:
    """Seconds to wait, 0..LONGEST, or None for an absent or unreadable header; `now` is epoch seconds.

    A date that has passed means 0. All three HTTP date forms are read (RFC 9110 section 5.6.7).
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), LONGEST)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max(aware.timestamp() - now, 0.0), LONGEST)
