"""What a route has to offer, so that `delivery` can drive its batches: a courier for each batch."""

from __future__ import annotations

from typing import Protocol

import attrs

from adapters.channels.push.breaker import Breaker
from adapters.channels.push.pacer import Pacer
from adapters.channels.push.transport import Slots
from application.ports.channels import Envelope, SendBatch
from domain.messaging.outcome import Outcome


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


class Route(Protocol):
    """One provider protocol; lives as long as the process."""

    @property
    def provider(self) -> str: ...

    async def open(self, batch: SendBatch) -> Courier | Outcome:
        """A courier, or why none of this batch can be sent (CredentialFault or NotAttempted)."""
        ...

    async def close(self) -> None: ...
