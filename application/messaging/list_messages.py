"""List messages, newest first, with filters and a bounded amount of looking."""

from __future__ import annotations

from uuid import UUID

from application.messaging.rendered import Rendered
from application.ports.messages import MessageFilter, MessagePage, Messages
from domain.shared.errors import InvalidInput
from domain.shared.page import DEFAULT_LIMIT, check_limit, decode_id_cursor, encode_cursor

SCAN_BUDGET = 20_000
"""Rows that one call looks at. There is no index on status or application (every message would pay for it), so a
list with a rare filter comes back short, with a cursor to go on from."""


class ListMessages:
    """`await list_messages(application_id, filter, cursor=, limit=)` answers a MessagePage."""

    def __init__(self, messages: Messages, rendered: Rendered, *, scan_budget: int = SCAN_BUDGET) -> None:
        self._messages = messages
        self._rendered = rendered
        self._scan_budget = scan_budget

    async def __call__(
        self,
        application_id: UUID,
        wanted: MessageFilter | None = None,
        *,
        cursor: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> MessagePage:
        """Raise InvalidInput for a limit outside 1..200, a foreign cursor or times without a zone."""
        check_limit(limit)
        wanted = wanted or MessageFilter()
        for name in ("created_after", "created_before"):
            moment = wanted.created_after if name == "created_after" else wanted.created_before
            if moment is not None and moment.tzinfo is None:
                raise InvalidInput(f"{name} has no time zone", field=name, fix="use RFC 3339, for example …Z")
        found = await self._messages.scan(
            application_id, wanted, below=decode_id_cursor(cursor), limit=limit, budget=self._scan_budget
        )
        resume = None if found.resume_below is None else encode_cursor(str(found.resume_below))
        return MessagePage(
            items=[self._rendered(one) for one in found.items], next_cursor=resume, scanned=found.scanned
        )
