"""The reason that somebody gives for pausing or cancelling."""

from __future__ import annotations

from typing import Final

from domain.shared.json_values import check_line

MAX_REASON: Final = 200


def checked_reason(reason: str | None) -> str | None:
    """One line, or None. Raise InvalidInput naming the field."""
    return None if reason is None else check_line(reason.strip(), field="reason", longest=MAX_REASON)
