"""Read one message with everything that happened to it."""

from __future__ import annotations

from uuid import UUID

import attrs

from application.messaging.rendered import Rendered
from application.messaging.version_history import with_history
from application.ports.messages import Messages, MessageView
from domain.shared.errors import NotFound


class ReadMessage:
    """`await read(application_id, message_id)` answers the message with its events and version history."""

    def __init__(self, messages: Messages, rendered: Rendered) -> None:
        self._messages = messages
        self._rendered = rendered

    async def __call__(self, application_id: UUID, message_id: UUID) -> MessageView:
        """Raise NotFound when this application has no such message."""
        message = await self._messages.read(application_id, message_id)
        if message is None:
            raise NotFound("there is no such message")
        events = with_history(message, await self._messages.events(message_id))
        versions = sorted(
            (version for event in events for version in event.version_history), key=lambda one: one.version
        )
        return attrs.evolve(self._rendered(message), events=tuple(events), version_history=tuple(versions))
