"""One person with AlimTalk, SMS and e-mail whom messages with a fallback are sent to, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import attrs

from application.messaging.accept_command import AcceptMessages, AcceptResult, MessageRequest, Target
from domain.messaging.event import MessageEventType
from domain.messaging.fallback import Fallback, FallbackRule
from domain.messaging.outcome import Rejected
from domain.messaging.report import MessageReport
from domain.shared.channels import Channel, SubscriptionType
from tests.integration.channels.desk import Desk, open_desk
from tests.integration.channels.played import PlayedPlugin

KAKAO, SMS, EMAIL = SubscriptionType.KAKAO_TALK, SubscriptionType.SMS, SubscriptionType.EMAIL
ORDER = (Channel.KAKAO_TALK, Channel.SMS, Channel.EMAIL)
CONTENT = {channel: {"text": channel.wire} for channel in ORDER}
PHONE = "+821012345678"


@attrs.define
class Case:
    """One person with all three channels."""

    desk: Desk
    application_id: UUID
    user_id: UUID

    @property
    def senders(self) -> dict[str, int]:
        """How many sends reached each provider."""
        return {
            plugin.key: plugin.sender.sent.total()
            for plugin in self.desk.plugins.values()
            if plugin.sender.sent.total()
        }

    async def send(
        self, rule: FallbackRule = FallbackRule.ON_FAILURE, within: int | None = None, **more: object
    ) -> AcceptResult:
        request = MessageRequest(
            [Target(0, None, "kim")],
            CONTENT,
            fallback=Fallback(ORDER, rule, within),
            **more,  # type: ignore[arg-type]
        )
        return await self.desk.accept(AcceptMessages(self.application_id, [request], single=True))

    async def root(self, rule: FallbackRule = FallbackRule.ON_FAILURE, within: int | None = None) -> UUID:
        """Accepted and delivered."""
        result = await self.send(rule, within)
        (root,) = result.message_ids
        await self.desk.deliver()
        return root

    async def advance(self, **later: float) -> int:
        """A look, some time later; what became due is delivered."""
        desk = self.desk
        desk.shop.clock.shift += timedelta(**(later or {"seconds": 5}))
        return await self.look()

    async def look(self) -> int:
        return await self.desk.advance_fallbacks()

    async def children(self, root: UUID) -> list[tuple[int, int, UUID]]:
        """(type, status, id) of each child, in order."""
        rows = await self.desk.shop.connection.fetch(
            "SELECT type, status, id FROM message WHERE parent_message_id = $1 ORDER BY id", root
        )
        return [(row["type"], row["status"], row["id"]) for row in rows]

    async def report(self, message: UUID, event: MessageEventType, **more: object) -> None:
        row = await self.desk.message(message)
        key = SubscriptionType(int(str(row["type"]))).channel.wire
        said = MessageReport(message, event, self.desk.shop.clock.now(), **more)  # type: ignore[arg-type]
        recorded = await self.desk.reports(self.application_id, f"played_{key}", [said])
        assert recorded.accepted == 1


@asynccontextmanager
async def open_case(database_url: str) -> AsyncIterator[Case]:
    """A fresh one."""
    plugins = (PlayedPlugin(KAKAO), PlayedPlugin(SMS), PlayedPlugin(EMAIL, receipts=False))
    async with open_desk(database_url, *plugins) as desk:
        application_id = await desk.application()
        user = await desk.shop.user(application_id, "kim")
        for type_, address in ((KAKAO, PHONE), (SMS, PHONE), (EMAIL, "kim@example.com")):
            await desk.subscriptions(application_id, address, type_=type_, user=user)
        yield Case(desk, application_id, user)


def fail(case: Case, type_: SubscriptionType, reason: str = "3104", code: int | None = None) -> None:
    case.desk.plugins[type_].sender.answer = lambda recipient: Rejected(reason, code)
