"""What a log line is about: set where a piece of work begins, read by whoever writes logs. Each task has its own."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from itertools import islice
from typing import Final
from uuid import UUID

from application.ports.tracing import CURRENT

REQUEST_ID: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)
"""Of the HTTP request under way; the header X-Request-Id of its answer."""
CHUNK_ID: Final[ContextVar[UUID | None]] = ContextVar("chunk_id", default=None)
"""Of the chunk that is being delivered."""
EVENT_ID: Final[ContextVar[UUID | None]] = ContextVar("event_id", default=None)
"""Of the webhook event that is being posted; the header webhook-id."""
EVERY: Final = (REQUEST_ID, CHUNK_ID, EVENT_ID)


MOST_IDS: Final = 100


def listed(ids: Iterable[UUID]) -> list[str]:
    """Ids as a field of a log line; of very many the first hundred."""
    return [str(one) for one in islice(ids, MOST_IDS)]


def forget() -> None:
    """From here on this task is about nothing in particular: it works for several at once."""
    for variable in EVERY:
        variable.set(None)
    CURRENT.set(None)
