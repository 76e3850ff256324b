"""Provider callbacks over HTTP, and asking those that do not call: who is believed, and what everybody is answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from starlette.applications import Starlette

from adapters.channels.frame.callback_urls import callback_url
from adapters.postgres.poll_cursors import PostgresPollCursors
from application.messaging.poll_reports import PollReports
from application.messaging.receive_callback import ReceiveCallback
from application.ports.channels import ChannelSettings, Polled
from application.ports.delivery_reports import CALLBACK_TOKEN
from domain.messaging.event import MessageEventType
from domain.messaging.lifecycle import Status
from domain.messaging.report import MessageReport
from domain.shared.errors import Unavailable
from entrypoints.provider_callbacks.application import callback_endpoints
from tests.integration.channels.desk import Desk

PROVIDER = "played_sms"
PUBLIC = "https://signal.example"


async def calling(
    desk: Desk, url: str, body: bytes = b"x", *, method: str = "POST", signature: str = "k"
) -> httpx.Response:
    """A provider's call, straight into the application."""
    readers = {PROVIDER: desk.plugin.reader}
    receive = ReceiveCallback(desk.credentials, readers, desk.reports, desk.shop.clock)
    app = Starlette(routes=callback_endpoints(receive, PUBLIC))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as client:
        return await client.request(method, url, content=body, headers={"x-signature": signature})


async def address(desk: Desk, application_id: UUID) -> str:
    """The URL that the provider was told."""
    credential = await desk.credentials.current(application_id, PROVIDER)
    assert credential is not None
    url = callback_url(ChannelSettings(public_url=PUBLIC), credential)
    assert url is not None
    return url


async def sent(desk: Desk) -> tuple[UUID, UUID]:
    """An application and a message that the provider took."""
    application_id = await desk.application()
    (subscription,) = await desk.subscriptions(application_id, "+821012345678")
    (message,) = await desk.send(application_id, [subscription])
    await desk.deliver()
    return application_id, message


def received(desk: Desk, message: UUID) -> MessageReport:
    return MessageReport(message, MessageEventType.RECEIVED, desk.shop.clock.now())


async def test_a_callback_is_read_recorded_and_answered(desk: Desk) -> None:
    """With what the reader answers; the same again changes nothing."""
    application_id, message = await sent(desk)
    desk.plugin.reader.laid_ready[b"delivered"] = [received(desk, message)]
    url = await address(desk, application_id)
    for _ in range(3):
        answer = await calling(desk, url, b"delivered")
        assert (answer.status_code, answer.text) == (200, "ok")
    assert (await desk.message(message))["status"] == Status.RECEIVED
    assert await desk.count("message_event", "event_type = 5") == 1


async def test_a_wrong_signature_is_refused_and_changes_nothing(desk: Desk) -> None:
    """403, with nothing of the address in the answer."""
    application_id, message = await sent(desk)
    desk.plugin.reader.laid_ready[b"delivered"] = [received(desk, message)]
    url = await address(desk, application_id)
    answer = await calling(desk, url, b"delivered", signature="forged")
    assert answer.status_code == 403
    assert url.rpartition("/")[2] not in answer.text
    assert (await desk.message(message))["status"] == Status.SUCCESSFUL


async def test_every_part_of_the_address_must_be_right(desk: Desk) -> None:
    """Another application's token, another provider, no UUID: all of them are simply not there."""
    application_id, _ = await sent(desk)
    other = await desk.application()
    url, theirs = await address(desk, application_id), await address(desk, other)
    token = theirs.rpartition("/")[2]
    for wrong in (
        f"{url.rpartition('/')[0]}/{token}",
        f"{url.rpartition('/')[0]}/x",
        url.replace(PROVIDER, "apns"),
        url.replace(PROVIDER, "second_sms"),
        url.replace(str(application_id), str(uuid4())),
        url.replace(str(application_id), "shop"),
    ):
        assert (await calling(desk, wrong)).status_code == 404
    assert (await calling(desk, url)).status_code == 200


async def test_a_body_that_is_too_large_is_refused_unread(desk: Desk) -> None:
    """More than a megabyte."""
    application_id, _ = await sent(desk)
    answer = await calling(desk, await address(desk, application_id), b"x" * (1024 * 1024 + 1))
    assert answer.status_code == 413


async def test_a_reader_that_fails_answers_that_it_cannot_be_read(desk: Desk) -> None:
    """Not a server error: repeating it would not help."""
    application_id, _ = await sent(desk)
    desk.plugin.reader.laid_ready = None  # type: ignore[assignment]
    answer = await calling(desk, await address(desk, application_id))
    assert answer.status_code == 422


async def test_the_address_stays_the_same_when_the_credential_is_stored_again(desk: Desk) -> None:
    """It was typed into the provider's console; it is shown, and the settings are not."""
    application_id = await desk.application()
    before = await address(desk, application_id)
    await desk.put_credential(application_id, PROVIDER)
    assert await address(desk, application_id) == before
    (summary,) = [
        row["summary"]
        for row in await desk.shop.connection.fetch(
            "SELECT summary FROM credential WHERE application_id = $1", application_id
        )
    ]
    assert summary == {"callback_path": before.removeprefix(PUBLIC)}


async def test_without_a_public_address_there_is_no_callback_url(desk: Desk) -> None:
    """Nobody could call it."""
    application_id = await desk.application()
    credential = await desk.credentials.current(application_id, PROVIDER)
    assert credential is not None
    assert callback_url(ChannelSettings(), credential) is None
    url = callback_url(ChannelSettings(public_url=PUBLIC), credential, ref="a-1")
    assert (
        url
        == f"{PUBLIC}/v1/callbacks/{PROVIDER}/{application_id}/{credential.fields[CALLBACK_TOKEN]}?ref=a-1"
    )


class Away:
    """Storage that is away."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, *arguments: object) -> None:
        self.asked += 1
        raise Unavailable("the database is away")


def poller(desk: Desk, record: Any = None) -> PollReports:
    senders = {int(plugin.channel): plugin.sender for plugin in desk.plugins.values()}
    cursors = PostgresPollCursors(desk.shop.engine)
    return PollReports(
        cursors, desk.credentials, senders, desk.directory, record or desk.reports, desk.shop.clock
    )


async def test_polling_goes_on_where_it_stopped_and_asks_once_a_minute(desk: Desk) -> None:
    """All pages of a turn; two schedulers ask no more often than one."""
    _, message = await sent(desk)
    sender = desk.plugin.sender
    sender.pages = [Polled([received(desk, message)], "page 2", more=True), Polled([], "page 3")]
    first, second = poller(desk), poller(desk)
    assert (await first(), await second()) == (1, 0)
    assert [poll.cursor for poll in sender.polls] == [None, "page 2"]
    assert (await desk.message(message))["status"] == Status.RECEIVED
    desk.shop.clock.shift += timedelta(seconds=61)
    assert await second() == 0
    assert sender.polls[-1].cursor == "page 3"


async def test_a_page_is_read_again_when_its_reports_could_not_be_stored(desk: Desk) -> None:
    """The cursor moves after the reports are rows, not before."""
    _, message = await sent(desk)
    sender = desk.plugin.sender
    sender.pages = [Polled([received(desk, message)], "page 2")]
    away = Away()
    with pytest.raises(Unavailable):
        await poller(desk, away)()
    assert away.asked == 1
    assert await desk.count("provider_poll", "cursor IS NULL") == 1


async def test_inactive_applications_are_not_asked_about(desk: Desk) -> None:
    """Nor providers that nobody has a credential of."""
    application_id, _ = await sent(desk)
    await desk.shop.connection.execute(
        "UPDATE application SET is_active = false WHERE id = $1", application_id
    )
    await poller(desk)()
    assert desk.plugin.sender.polls == []
