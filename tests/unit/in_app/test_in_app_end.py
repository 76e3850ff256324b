"""Until when a message in the inbox can be seen: its content's end or its time to live, whichever is first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.courier import Link
from adapters.channels.frame.transport import Slots
from adapters.channels.in_app.inbox import InboxCourier
from application.ports.channels import Envelope
from domain.messaging.outcome import Accepted

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("end", "expires_at", "until"),
    [
        ("2026-12-01T21:00:00+09:00", NOON + HOUR, NOON),
        ("2026-12-01T21:00:00+09:00", NOON - HOUR, NOON - HOUR),
        ("2026-12-01T21:00:00+09:00", None, NOON),
        (None, NOON, NOON),
        (None, None, None),
        # Accepted by an older rule: no device shows it, and its time to live ends it.
        ("tomorrow", NOON, NOON),
        (7, NOON, NOON),
    ],
)
async def test_the_earlier_end_counts(end: Any, expires_at: datetime | None, until: datetime | None) -> None:
    """In whatever zone it is written; what cannot be read ends nothing."""
    content = {"v": 1, "layout": "modal", "content": {"title": "x"}, "display": {"end": end}}
    envelope = Envelope(UUID(int=1), UUID(int=2), "", content, 1, expires_at=expires_at)
    (outcome,) = await InboxCourier(Link(Slots(1), Breaker()), 500).deliver([envelope])
    assert outcome == Accepted(str(UUID(int=1)), open_until=until)
