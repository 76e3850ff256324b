"""What a route has to offer, so that `delivery` can drive its batches: a courier for each batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import attrs

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.pacer import Pacer
from adapters.channels.frame.transport import Slots
from application.ports.channels import (
    Credential,
    Envelope,
    InquiryBatch,
    Poll,
    Polled,
    SendBatch,
    Tried,
)
from domain.messaging.outcome import Finding, Outcome


@attrs.define(slots=True, eq=False)
class Link:
    """Where a send goes: the host's in-flight bound and the application's breaker for that host."""

    slots: Slots
    breaker: Breaker


@attrs.frozen(slots=True)
class Elsewhere:
    """Not an outcome: the same envelope is to be sent once more, over this link."""

    link: Link


class Courier(Protocol):
    """Sends the envelopes of one batch."""

    @property
    def pacer(self) -> Pacer | None: ...

    def place(self, envelope: Envelope) -> Link | Outcome:
        """Where this envelope goes, or what is to be said of it without any request."""
        ...

    async def deliver(self, envelope: Envelope, link: Link) -> Outcome | Elsewhere:
        """One send; tells the link's breaker how it went. A slot is held meanwhile."""
        ...


class BatchCourier(ABC):
    """Sends the envelopes of one batch in requests that carry several."""

    def __init__(self, link: Link, size: int) -> None:
        """`size`: envelopes of one request at most."""
        self.link = link
        self.size = size

    def place(self, envelope: Envelope) -> Outcome | None:
        """What is to be said of this envelope without any request, or None when it is worth one."""
        return None

    @abstractmethod
    async def deliver(self, envelopes: Sequence[Envelope]) -> Sequence[Outcome]:
        """One request; one outcome per envelope, in their order. Tells the link's breaker how it went.

        Deferred(unknown=True) where the provider may have taken a send; the platform makes Unknown of it when the
        route claims. A slot is held meanwhile.
        """


class Route(Protocol):
    """One provider protocol; lives as long as the process."""

    @property
    def provider(self) -> str: ...

    @property
    def claims(self) -> bool:
        """A repeat costs money or is seen twice: an unknown outcome is Unknown, never Deferred."""
        ...

    async def open(self, batch: SendBatch) -> Courier | BatchCourier | Outcome:
        """A courier, or why none of this batch can be sent (CredentialFault or NotAttempted)."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class LooksUp(Protocol):
    """A route that can ask its provider what became of sends."""

    async def look_up(self, batch: InquiryBatch) -> Sequence[Finding]:
        """One finding per inquiry, in their order."""
        ...


@runtime_checkable
class Polls(Protocol):
    """A route that asks its provider for reports."""

    async def poll(self, poll: Poll) -> Polled: ...


@runtime_checkable
class Tries(Protocol):
    """A route that can ask its provider whether a credential is sound, without sending anything to anybody."""

    async def try_credential(self, credential: Credential) -> Tried:
        """Raise KeyError or InvalidInput for stored fields that cannot work; never for what the provider did."""
        ...
