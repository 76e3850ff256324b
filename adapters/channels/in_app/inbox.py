"""The route into the inbox: the message is a row already, so that accepting it is all that is left to do.

Settling makes it visible to whoever fetches, like any channel's message that its provider took. A repeat is the same row:
nothing is shown twice, and nothing has to be claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.courier import BatchCourier, Link
from adapters.channels.frame.transport import Slots
from application.ports.channels import ChannelSettings, Envelope, SendBatch
from domain.messaging.in_app.content import ends_at
from domain.messaging.outcome import Accepted, Outcome

INBOX: Final = "in_app_inbox"
TOGETHER: Final = 500
"""As many as a chunk holds."""


class InboxRoute:
    """Implements `adapters.channels.frame.courier.Route`; there is nobody to connect to."""

    provider = INBOX
    claims = False

    def __init__(self, settings: ChannelSettings) -> None:
        self._link = Link(Slots(max(1, settings.max_in_flight)), Breaker())

    async def open(self, batch: SendBatch) -> InboxCourier:
        """The same for everybody."""
        return InboxCourier(self._link, TOGETHER)

    async def close(self) -> None:
        """Nothing is open."""


class InboxCourier(BatchCourier):
    """Takes everything, under the message's own id."""

    async def deliver(self, envelopes: Sequence[Envelope]) -> Sequence[Outcome]:
        """Accepted, each, with the time until which it can be seen: its content's end or its time to live."""
        return [
            Accepted(str(envelope.message_id), open_until=_open_until(envelope)) for envelope in envelopes
        ]


def _open_until(envelope: Envelope) -> datetime | None:
    ends = [end for end in (ends_at(envelope.content), envelope.expires_at) if end is not None]
    return min(ends, default=None)
