"""Requests that arrive over a durable queue: deliveries in, results out, and a place for what nobody can serve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

SEND_SUBJECT = "signal.send"
TRIGGER_SUBJECT = "signal.campaigns.trigger"


class Delivery(Protocol):
    """One request as the queue hands it out; it comes again until it is acknowledged."""

    @property
    def subject(self) -> str: ...

    @property
    def payload(self) -> bytes: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def deliveries(self) -> int:
        """1 for the first time."""
        ...

    @property
    def sequence(self) -> int:
        """Its place in the queue, for good."""
        ...

    async def acknowledge(self) -> None:
        """Done: never deliver it again."""
        ...

    async def again(self, delay: float) -> None:
        """Deliver it once more, after `delay` seconds."""
        ...


class RequestQueue(Protocol):
    async def fetch(self, at_most: int, wait: float) -> Sequence[Delivery]:
        """Up to `at_most` requests; empty after `wait` seconds of silence or while the queue is away."""
        ...

    async def answer(self, request_id: str, result: bytes) -> None:
        """Publish a result where a late reader finds it for an hour. Raise Unavailable when it was not stored."""
        ...

    async def park(self, reason: str, sequence: int, document: bytes) -> None:
        """Put away what cannot be served, once per sequence. Raise Unavailable when it was not stored."""
        ...

    @property
    def largest_document(self) -> int:
        """Bytes that one published document may have."""
        ...
