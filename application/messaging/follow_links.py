"""Count who opened a mail and who followed a link in it; a signed link says whose mail it was and where it leads."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from application.messaging.receipt_plan import Verdict
from application.messaging.record_receipts import Receipt
from application.ports.clock import Clock
from domain.messaging.event import MessageEventType, Source
from domain.messaging.links import Link, LinkKeys, LinkRefused, Purpose
from domain.shared.errors import NotFound, SignalError
from domain.shared.json_values import Json

log = logging.getLogger(__name__)

TOO_SOON: Final = timedelta(seconds=2)
"""Within this time of sending it is a mail scanner that looks, if it looks like one."""
LONGEST_AGENT: Final = 200

_SCANNER: Final = re.compile(
    r"^$|bot\b|crawl|spider|scan|barracuda|mimecast|proofpoint|symantec|safelinks|headless|phantom|curl|wget|python"
    r"|go-http-client|java/|okhttp|libwww|trend ?micro|sophos|fireeye|ironport",
    re.IGNORECASE,
)


class Record(Protocol):
    """`application.messaging.record_receipts.RecordReceipts` or its gatherer."""

    async def __call__(
        self, application_id: UUID, receipts: Sequence[Receipt], source: Source
    ) -> list[Verdict]: ...


class FollowLinks:
    """`await opened(token, agent)` and `await clicked(token, agent)`; a record that cannot be kept stops nobody."""

    def __init__(self, record: Record, links: LinkKeys, clock: Clock) -> None:
        self._record = record
        self._links = links
        self._clock = clock

    async def opened(self, token: str, user_agent: str) -> None:
        """The picture was fetched: the mail was received and displayed. Raise NotFound for a link that is not ours."""
        link = self._read(token, Purpose.OPEN)
        await self._note(link, user_agent, (MessageEventType.RECEIVED, MessageEventType.DISPLAYED), {})

    async def clicked(self, token: str, user_agent: str, *, count: bool = True) -> str:
        """Where the link leads; clicking converts. Raise NotFound for a link that is not ours.

        `count`: False for requests that only look (HEAD).
        """
        link = self._read(token, Purpose.CLICK)
        if count:
            said: dict[str, Json] = {"link": link.target[:500], "link_index": link.index}
            await self._note(link, user_agent, (MessageEventType.CONVERTED, MessageEventType.CLICKED), said)
        return link.target

    def _read(self, token: str, purpose: Purpose) -> Link:
        try:
            return self._links.read(token, purpose, self._clock.now())
        except LinkRefused:
            raise NotFound("this link is not known, or no longer") from None

    async def _note(
        self, link: Link, user_agent: str, kinds: Sequence[MessageEventType], said: dict[str, Json]
    ) -> None:
        now = self._clock.now()
        if now - link.issued_at < TOO_SOON and _SCANNER.search(user_agent):
            return
        metadata: dict[str, Json] = {**said, "user_agent": _printable(user_agent)}
        receipts = [
            Receipt(None, link.message_id, link.subscription_id, kind, now, metadata) for kind in kinds
        ]
        try:
            await self._record(link.application_id, receipts, Source.PROVIDER)
        except SignalError as error:
            log.warning(
                "a %s was not recorded: %s",
                link.purpose.name.lower(),
                error,
                extra={"message_id": str(link.message_id)},
            )


def _printable(user_agent: str) -> str:
    return "".join(one for one in user_agent[:LONGEST_AGENT] if one.isprintable())
