"""A channel of its own package goes all the way: found, registered for, accepted, claimed, sent, settled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from adapters.channels.registry import channel_plugins, installed_plugins
from adapters.postgres.credentials import PostgresCredentials
from adapters.system.identifiers import SystemRandomness
from application.applications.commands import SetCredentialCommand
from application.applications.set_credential import SetCredential
from application.audience.commands import RegisterSubscriptionCommand, Registration
from application.ports.channel_plugins import ChannelPlugin
from application.ports.channels import ChannelSettings
from application.ports.provider_directory import ProviderDirectory
from domain.audience.subscription_event import ChangeSource
from domain.messaging.lifecycle import Status
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import InvalidInput
from entrypoints.refusals.korean import Catalogue, entries, installed
from tests.conformance.channels.kit import OpenPacing
from tests.conformance.channels.webhook import TOKEN, ChatServer, chat_server
from tests.examples.installing import install
from tests.integration.audience.world import World
from tests.integration.channels.desk import Desk, open_desk
from tests.integration.channels.played import PlayedPlugin


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with chat_server() as running:
        yield running


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ChannelPlugin:
    """Found as an installed package's entry point."""
    monkeypatch.syspath_prepend(install("webhook_channel", tmp_path))
    (found,) = installed_plugins()
    return found


def test_it_is_found_beside_the_built_in_ones(plugin: ChannelPlugin) -> None:
    """By its entry point alone; its names are known from then on."""
    found = channel_plugins()
    assert found[-1].key == plugin.key == "webhook"
    assert "push" in [one.key for one in found]
    assert Channel.from_wire("webhook") is plugin.channel
    assert SubscriptionType.from_wire("Webhook") is plugin.types[0]
    assert SubscriptionType(100) is plugin.types[0]


def test_its_package_says_in_korean_what_it_says(plugin: ChannelPlugin) -> None:
    """Its fields' purposes and its refusals are found beside the product's own, which go first."""
    texts = Catalogue({**installed(), **entries()})
    purposes = [field.purpose for one in plugin.providers.values() for field in one.settings]
    assert [texts.find(one) for one in purposes] == ["웹훅이 있는 곳", "Bearer 토큰"]
    assert texts.find("token is no webhook's path") == "token 값이 웹훅의 경로가 아닙니다"


async def test_a_message_goes_all_the_way(plugin: ChannelPlugin, database_url: str, chat: ChatServer) -> None:
    """Two rooms, one of them gone; a claim each, one charge, one release."""
    sender = plugin.open(ChannelSettings(connections=1), OpenPacing())
    async with open_desk(database_url, PlayedPlugin()) as desk:
        desk.directory_of = ProviderDirectory([plugin])
        desk.senders_of = {int(plugin.channel): sender}
        application_id = await desk.shop.application()
        await credential(desk, application_id, chat.url)
        rooms = [await register(desk, application_id, path) for path in ("T01/general", "T01/gone")]
        chat.status["T01/gone"] = 410
        first, second = await desk.send(
            application_id, rooms, content={plugin.channel: {"text": "배포가 끝났습니다"}}
        )
        assert await desk.deliver() == 2
        assert chat.said == [("T01/general", "배포가 끝났습니다")]
        assert chat.taken == {f"{first.hex}-1": 1}
        assert (await desk.message(first))["status"] == Status.SUCCESSFUL
        failed = await desk.message(second)
        assert (failed["status"], failed["error_reason"]) == (Status.FAILED, "http_410")
        assert await desk.shop.ledger() == {"reserve": 2, "settle": 1, "release": 1}
        assert await desk.count("send_claim") == 0
    await sender.close()


async def test_its_own_rules_are_asked(plugin: ChannelPlugin, database_url: str) -> None:
    """Content at accept, addresses at registration, settings when they are stored: each by name."""
    async with open_desk(database_url, PlayedPlugin()) as desk:
        desk.directory_of = ProviderDirectory([plugin])
        application_id = await desk.shop.application()
        with pytest.raises(InvalidInput) as refused:
            await credential(desk, application_id, "ftp://chat.example")
        assert refused.value.field == "url"
        with pytest.raises(InvalidInput) as refused:
            await register(desk, application_id, "../secret")
        assert refused.value.field == "token"
        room = await register(desk, application_id, "T01/general")
        with pytest.raises(InvalidInput) as refused:
            await desk.send(application_id, [room], content={plugin.channel: {"body": "x"}})
        assert refused.value.field == "content.webhook"


async def credential(desk: Desk, application_id: UUID, url: str) -> None:
    put = SetCredential(
        credentials=PostgresCredentials(desk.shop.engine),
        providers=desk.directory,
        vault=desk.vault,
        clock=desk.shop.clock,
        randomness=SystemRandomness(),
    )
    fields = {"url": url, "token": TOKEN}
    await put(SetCredentialCommand(application_id=application_id, provider="incoming_webhook", fields=fields))


async def register(desk: Desk, application_id: UUID, path: str) -> UUID:
    """Through the use case that REST calls."""
    world = World(desk.shop.engine, desk.keyring)
    world.register_with(desk.directory)
    registered = await world.register_subscription(
        RegisterSubscriptionCommand(
            application_id=application_id,
            source=ChangeSource.API,
            registration=Registration(type=SubscriptionType.from_wire("Webhook"), token=path),
        )
    )
    return registered.subscription.id
