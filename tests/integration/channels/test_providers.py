"""Several providers of one channel: which one sends, and what a fault of one of them holds up."""

from __future__ import annotations

from uuid import UUID

import pytest

from adapters.postgres.applications import PostgresApplications
from adapters.postgres.pauses import PostgresPauses
from application.applications.commands import UpdateApplicationCommand
from application.applications.key_cache import KeyCache
from application.applications.update_application import UpdateApplication
from domain.messaging.lifecycle import Status
from domain.messaging.outcome import Accepted, CredentialFault
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json
from tests.integration.channels.desk import SMS, Desk

FIRST, SECOND = "played_sms", "second_sms"


async def sender_of(desk: Desk, application_id: UUID, **choices: str) -> str | None:
    """Whose credential a message of this application is sent with."""
    credential = await desk.credentials.for_type(application_id, SMS, choices)
    return None if credential is None else credential.provider


def update(desk: Desk) -> UpdateApplication:
    return UpdateApplication(
        applications=PostgresApplications(desk.shop.engine),
        clock=desk.shop.clock,
        key_cache=KeyCache(),
        providers=desk.directory,
        pauses=PostgresPauses(desk.shop.engine),
    )


async def choose(desk: Desk, application_id: UUID, providers: Json) -> None:
    await update(desk)(
        UpdateApplicationCommand(application_id=application_id, settings={"providers": providers})
    )


async def test_without_a_choice_the_credential_stored_last_sends(desk: Desk) -> None:
    """With one credential there is nothing to choose."""
    application_id = await desk.application()
    assert await sender_of(desk, application_id) == FIRST
    await desk.put_credential(application_id, SECOND)
    assert await sender_of(desk, application_id) == SECOND
    await desk.put_credential(application_id, FIRST)
    assert await sender_of(desk, application_id) == FIRST


async def test_the_applications_choice_sends_whatever_else_is_stored(desk: Desk) -> None:
    """And nobody sends when the chosen one has no credential."""
    application_id = await desk.application()
    assert await sender_of(desk, application_id, sms=SECOND) is None
    await desk.put_credential(application_id, SECOND)
    await desk.put_credential(application_id, FIRST)
    assert await sender_of(desk, application_id, sms=SECOND) == SECOND
    assert await sender_of(desk, application_id, email="smtp") == FIRST


async def test_a_choice_takes_effect_with_the_next_chunk(desk: Desk) -> None:
    """The claim names the provider that is asked."""
    application_id = await desk.application(providers={"sms": SECOND})
    await desk.put_credential(application_id, SECOND)
    (subscription,) = await desk.subscriptions(application_id, "+821012345678")
    await desk.send(application_id, [subscription])
    seen: list[object] = []

    async def look() -> None:
        seen.append(await desk.shop.value("SELECT provider FROM send_claim"))

    desk.plugin.sender.before_send = look
    await desk.deliver()
    assert seen == [SECOND]


@pytest.mark.parametrize(
    ("choice", "field"),
    [({"sms": "apns"}, "settings.providers.sms"), ({"push": "apns"}, "settings.providers.push")],
)
async def test_a_choice_of_what_there_is_not_is_refused(desk: Desk, choice: Json, field: str) -> None:
    """A provider of another channel, a channel without plug-in; nothing changes."""
    application_id = await desk.application()
    with pytest.raises(InvalidInput) as refused:
        await choose(desk, application_id, choice)
    assert (refused.value.field, bool(refused.value.fix)) == (field, True)


async def test_a_fault_pauses_the_type_and_names_the_provider(desk: Desk) -> None:
    """A newer credential lifts it, and so does another provider's, whatever its version."""
    application_id = await desk.application()
    (subscription,) = await desk.subscriptions(application_id, "+821012345678")
    (message,) = await desk.send(application_id, [subscription])

    async def fault() -> None:
        desk.plugin.sender.answer = lambda recipient: CredentialFault("balance", version)
        version = int(
            str(await desk.shop.value("SELECT max(version) FROM credential WHERE provider = $1", FIRST))
        )
        await desk.deliver()
        assert await desk.count("channel_pause", f"provider = '{FIRST}'") == 1

    await fault()
    await desk.put_credential(application_id, FIRST)
    assert await desk.count("channel_pause") == 0
    await fault()
    await desk.put_credential(application_id, SECOND)
    assert await desk.count("channel_pause") == 0
    await choose(desk, application_id, {"sms": FIRST})
    await fault()
    await choose(desk, application_id, {"sms": SECOND})
    assert await desk.count("channel_pause") == 0
    desk.plugin.sender.answer = lambda recipient: Accepted("id")
    await desk.deliver()
    assert (await desk.message(message))["status"] == Status.SUCCESSFUL
    assert desk.plugin.sender.sent.total() == 4


async def test_without_any_credential_the_channel_is_paused_until_there_is_one(desk: Desk) -> None:
    """The messages stay pending."""
    application_id = await desk.shop.application()
    (subscription,) = await desk.subscriptions(application_id, "+821012345678")
    (message,) = await desk.send(application_id, [subscription])
    await desk.deliver()
    assert await desk.count("channel_pause", "reason = 'no_credential'") == 1
    assert (await desk.message(message))["status"] == Status.PENDING
    await desk.put_credential(application_id, SECOND)
    await desk.deliver()
    assert (await desk.message(message))["status"] == Status.SUCCESSFUL
