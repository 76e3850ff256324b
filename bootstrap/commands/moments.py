"""Times as they are typed on the command line."""

from __future__ import annotations

from datetime import UTC, datetime

from entrypoints.cli.failures import USAGE, CommandFailed


def moment(text: str | None, option: str) -> datetime | None:
    """RFC 3339 to UTC; without an offset it is UTC. Raise CommandFailed naming the option."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandFailed(
            f"{option}: {text[:100]!r} is no time",
            next_step="send such as 2026-03-01T00:00:00Z",
            exit_code=USAGE,
        ) from None
