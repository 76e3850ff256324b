"""Doorbells: a JetStream message wakes a worker and owns nothing; losing every one of them only delays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import attrs

from application.ports.tracing import Trail
from domain.shared.channels import Channel, Lane


@attrs.frozen(slots=True)
class Ring:
    """One released chunk that waits for a worker."""

    lane: Lane
    channel: Channel
    chunk_id: UUID
    trail: Trail = ()
    """The spans that the chunk comes from."""


class Doorbells(Protocol):
    async def ring(self, rings: Sequence[Ring]) -> None:
        """Wake workers for released chunks. Never raises: what is not heard is rung again by the reconciler."""
        ...


@attrs.frozen(slots=True)
class Heard:
    """A doorbell as a worker got it."""

    chunk_id: UUID
    receipt: object
    """What `acknowledge` wants back; opaque to the worker."""
    trail: Trail = ()
    """The spans that it was rung by; empty: it is not traced, or was rung by who does not trace."""


class DoorbellListener(Protocol):
    """One durable consumer per lane and channel."""

    async def listen(self, lane: Lane, channel: Channel, at_most: int, wait: float) -> Sequence[Heard]:
        """Up to `at_most` doorbells; empty after `wait` seconds of silence or while NATS is away."""
        ...

    async def acknowledge(self, heard: Sequence[Heard]) -> None: ...


class StreamWatch(Protocol):
    async def was_wiped(self) -> bool:
        """True once after the stream was made anew or lost messages, or the connection came back."""
        ...

    @property
    def outstanding(self) -> int | None:
        """Doorbells that nobody has acknowledged, when `was_wiped` last looked; None while that cannot be told."""
        ...
