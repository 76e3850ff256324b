"""Put an errored message back into the queue, by an operator's decision."""

from __future__ import annotations

from uuid import UUID

from application.messaging.read_message import ReadMessage
from application.ports.clock import Clock
from application.ports.messages import Cancellation, MessageView
from domain.messaging.event import Source


class RequeueMessage:
    """`await requeue(application_id, message_id)` answers the message, pending again in a chunk of its own.

    The chunk is held: the releaser lets it go in its turn.
    """

    def __init__(self, cancellation: Cancellation, read: ReadMessage, clock: Clock) -> None:
        self._cancellation = cancellation
        self._read = read
        self._clock = clock

    async def __call__(
        self, application_id: UUID, message_id: UUID, *, source: Source = Source.OPERATOR
    ) -> MessageView:
        """Raise NotFound; IllegalTransition unless it is errored; InDelivery while a chunk already holds it."""
        await self._cancellation.requeue(application_id, message_id, source=source, now=self._clock.now())
        return await self._read(application_id, message_id)
