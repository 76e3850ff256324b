"""Cancel a message that was not sent yet: it leaves its queue and its reservation is released."""

from __future__ import annotations

from uuid import UUID

from application.messaging.read_message import ReadMessage
from application.ports.clock import Clock
from application.ports.messages import Cancellation, MessageView
from domain.messaging.event import Source


class CancelMessage:
    """`await cancel(application_id, message_id)` answers the canceled message."""

    def __init__(self, cancellation: Cancellation, read: ReadMessage, clock: Clock) -> None:
        self._cancellation = cancellation
        self._read = read
        self._clock = clock

    async def __call__(
        self, application_id: UUID, message_id: UUID, *, source: Source = Source.API
    ) -> MessageView:
        """Raise NotFound; IllegalTransition when it was sent, failed or canceled; InDelivery while a worker has it."""
        await self._cancellation.cancel(application_id, message_id, source=source, now=self._clock.now())
        return await self._read(application_id, message_id)
