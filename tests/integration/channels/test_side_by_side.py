"""A slow channel holds up nobody but itself: windows, pauses and faults are one channel's."""

from __future__ import annotations

from adapters.postgres.chunk_states import RELEASE_WINDOW
from domain.messaging.lifecycle import Status
from domain.messaging.outcome import CredentialFault
from domain.shared.channels import Channel, Lane, SubscriptionType
from tests.integration.channels.desk import SMS, Desk, open_desk
from tests.integration.channels.played import PlayedPlugin

EMAIL = SubscriptionType.EMAIL
MAIL = {Channel.EMAIL: {"subject": "s"}}


async def filled(desk: Desk) -> tuple[object, list[object]]:
    """An application whose SMS window is full, and one e-mail subscription."""
    application_id = await desk.application()
    phones = await desk.shop.subscriptions(application_id, RELEASE_WINDOW + 600, type_=int(SMS))
    await desk.send(application_id, phones, lane=Lane.BULK)
    mails = await desk.subscriptions(application_id, "kim@example.com", type_=EMAIL)
    return application_id, list(mails)


async def test_a_full_window_of_one_channel_leaves_the_others_theirs(database_url: str) -> None:
    """The e-mail of the same application and lane is released at once, and by the releaser."""
    async with open_desk(database_url, PlayedPlugin(), PlayedPlugin(EMAIL)) as desk:
        application_id, mails = await filled(desk)
        await desk.send(application_id, mails, lane=Lane.BULK, content=MAIL)  # type: ignore[arg-type]
        assert await desk.count("dispatch_chunk", "channel = 2 AND state = 1") == 1
        assert await desk.count("dispatch_chunk", "channel = 3 AND state = 0") > 0
        await desk.shop.connection.execute("UPDATE dispatch_chunk SET state = 0 WHERE channel = 2")
        await desk.shop.queue.release(desk.shop.clock.now())
        assert await desk.count("dispatch_chunk", "channel = 2 AND state = 1") == 1
        active = await desk.shop.value("SELECT sum(n) FROM dispatch_chunk WHERE channel = 3 AND state = 1")
        assert active == RELEASE_WINDOW


async def test_a_fault_of_one_channel_pauses_no_other(database_url: str) -> None:
    """The balance of the SMS gateway is empty; e-mails go on."""
    async with open_desk(database_url, PlayedPlugin(), PlayedPlugin(EMAIL)) as desk:
        application_id = await desk.application()
        phones = await desk.subscriptions(application_id, "+821012345678")
        mails = await desk.subscriptions(application_id, "kim@example.com", type_=EMAIL)
        desk.plugin.sender.answer = lambda recipient: CredentialFault("balance", 1)
        await desk.send(application_id, phones)
        await desk.deliver()
        (mail,) = await desk.send(application_id, mails, content=MAIL)
        await desk.send(application_id, phones)
        await desk.deliver()
        assert (await desk.message(mail))["status"] == Status.SUCCESSFUL
        assert desk.plugin.sender.sent.total() == 1
