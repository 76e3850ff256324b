"""What may be said on a channel only with somebody else's approval, asked before anything is accepted."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from domain.messaging.content import Body


class ContentApproval(Protocol):
    async def __call__(self, application_id: UUID, content: Body, *, field: str, final: bool) -> None:
        """Raise InvalidInput or ContentTooLarge, naming the field, for what is known not to be approved.

        `final`: this is what people will read; otherwise placeholders in it are still to be rendered. What cannot be
        found out now passes: who sends looks again.
        """
        ...
