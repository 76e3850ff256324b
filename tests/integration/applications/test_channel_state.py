"""Credentials, pauses and alerts of an application on a real database."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.channels.push import plugin as push
from adapters.postgres.alerts import PostgresAlerts
from adapters.postgres.pauses import PostgresPauses
from application.applications.commands import (
    DeleteCredentialCommand,
    ListAlertsCommand,
    ListCredentialsCommand,
    ListPausesCommand,
    PauseChannelCommand,
    ResumeChannelCommand,
    SetCredentialCommand,
)
from application.applications.delete_credential import DeleteCredential
from application.applications.list_alerts import ListAlerts
from application.applications.list_credentials import ListCredentials
from application.applications.list_pauses import ListPauses
from application.applications.pause_channel import PauseChannel
from application.applications.resume_channel import ResumeChannel
from application.applications.set_credential import SetCredential
from application.ports.credentials import CREDENTIAL_COLUMN
from application.ports.provider_directory import ProviderDirectory
from domain.applications.channel_state import ChannelPause
from domain.shared.errors import InvalidInput, NotFound
from tests.integration.audience.world import ANDROID, IOS, World

KEY = (
    ec.generate_private_key(ec.SECP256R1())
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
APNS_PROVIDER = "apns"
APNS = {"private_key": KEY, "key_id": "ABCDE12345", "team_id": "TEAM123456", "bundle_id": "kr.example.app"}


@pytest.fixture
def world(engine: AsyncEngine) -> World:
    return World(engine)


def set_credential(world: World) -> SetCredential:
    return SetCredential(
        credentials=world.credentials,
        providers=ProviderDirectory([push]),
        vault=world.vault,
        clock=world.clock,
        randomness=world.randomness,
    )


async def test_credentials_are_checked_sealed_versioned_and_only_summarised(world: World) -> None:
    app = await world.app()
    put = set_credential(world)
    provider = APNS_PROVIDER
    command = SetCredentialCommand(application_id=app, provider=provider, fields=APNS)
    first, second = await put(command), await put(command)
    assert (first.version, second.version) == (1, 2)
    listed = await ListCredentials(applications=world.applications, credentials=world.credentials)(
        ListCredentialsCommand(application_id=app)
    )
    assert [one.version for one in listed] == [2]
    shown = json.dumps(dict(listed[0].summary))
    assert "ABCDE12345" in shown
    assert "PRIVATE" not in shown
    assert "PRIVATE" not in repr(command)
    stored = await world.credentials.current(app, provider)
    assert stored is not None
    opened = json.loads(
        world.vault.open(stored.sealed, application_id=app, row=provider, column=CREDENTIAL_COLUMN)
    )
    assert "PRIVATE KEY" in opened["private_key"]
    async with world.engine.connect() as connection:
        row = (await connection.execute(text("SELECT c::text FROM credential c"))).scalar_one()
    assert KEY.splitlines()[1].encode().hex() not in row


async def test_unusable_credentials_and_unknown_providers_are_refused(world: World) -> None:
    app = await world.app()
    put = set_credential(world)
    with pytest.raises(InvalidInput) as refused:
        await put(SetCredentialCommand(application_id=app, provider="pigeon", fields={}))
    assert refused.value.field == "provider"
    with pytest.raises(InvalidInput):
        await put(
            SetCredentialCommand(
                application_id=app, provider=APNS_PROVIDER, fields={**APNS, "private_key": "x"}
            )
        )
    with pytest.raises(NotFound):
        await put(SetCredentialCommand(application_id=uuid4(), provider=APNS_PROVIDER, fields=APNS))


async def test_new_credentials_lift_the_pause_that_older_ones_caused_and_no_other(world: World) -> None:
    app, pauses, put = await world.app(), PostgresPauses(world.engine), set_credential(world)
    provider = APNS_PROVIDER
    await put(SetCredentialCommand(application_id=app, provider=provider, fields=APNS))
    await pauses.add(ChannelPause(app, IOS, "InvalidProviderToken", {}, 1, world.clock.now()))
    await pauses.add(ChannelPause(app, ANDROID, "requested", {}, None, world.clock.now()))
    await put(SetCredentialCommand(application_id=app, provider=provider, fields=APNS))
    left = await ListPauses(applications=world.applications, pauses=pauses)(
        ListPausesCommand(application_id=app)
    )
    assert [one.type for one in left] == [ANDROID]
    await pauses.add(ChannelPause(app, IOS, "requested", {}, None, world.clock.now()))
    await put(SetCredentialCommand(application_id=app, provider=provider, fields=APNS))
    assert await pauses.remove(app, IOS)


async def test_deleting_credentials_reaches_ones_own_only(world: World) -> None:
    app, other = await world.app(), await world.app()
    delete, provider = DeleteCredential(credentials=world.credentials), APNS_PROVIDER
    await set_credential(world)(SetCredentialCommand(application_id=app, provider=provider, fields=APNS))
    with pytest.raises(NotFound):
        await delete(DeleteCredentialCommand(application_id=other, provider=provider))
    await delete(DeleteCredentialCommand(application_id=app, provider=provider))
    with pytest.raises(NotFound):
        await delete(DeleteCredentialCommand(application_id=app, provider=provider))
    assert await world.credentials.current(app, provider) is None


async def test_a_channel_is_paused_once_and_resumed_once(world: World) -> None:
    app, other = await world.app(), await world.app()
    pauses = PostgresPauses(world.engine)
    pause, resume = PauseChannel(pauses=pauses, clock=world.clock), ResumeChannel(pauses=pauses)
    first = await pause(PauseChannelCommand(application_id=app, type=IOS, reason="audit"))
    world.clock.turn(hours=1)
    assert await pause(PauseChannelCommand(application_id=app, type=IOS)) == first
    with pytest.raises(NotFound):
        await resume(ResumeChannelCommand(application_id=other, type=IOS))
    await resume(ResumeChannelCommand(application_id=app, type=IOS))
    with pytest.raises(NotFound):
        await resume(ResumeChannelCommand(application_id=app, type=IOS))
    with pytest.raises(NotFound):
        await pause(PauseChannelCommand(application_id=uuid4(), type=IOS))


async def test_alerts_are_listed_newest_first_per_application_or_all(world: World) -> None:
    app, other = await world.app(), await world.app()
    ids = world.identifiers.many(4)
    async with world.engine.begin() as connection:
        for id, owner, resolved in zip(
            ids, (app, other, app, app), (None, None, None, world.clock.now()), strict=True
        ):
            await connection.execute(
                text(
                    "INSERT INTO alert (id, application_id, kind, detail, raised_at, resolved_at)"
                    " VALUES (:id, :app, 'token_damage', '{\"share\": 0.1}', now(), :resolved)"
                ),
                {"id": id, "app": owner, "resolved": resolved},
            )
    listing = ListAlerts(alerts=PostgresAlerts(world.engine))
    mine = await listing(ListAlertsCommand(application_id=app))
    assert [one.id for one in mine.items] == [ids[2], ids[0]]
    assert mine.items[0].detail == {"share": 0.1}
    first = await listing(ListAlertsCommand(application_id=None, include_resolved=True, limit=3))
    rest = await listing(
        ListAlertsCommand(application_id=None, include_resolved=True, cursor=first.next_cursor)
    )
    assert [one.id for one in (*first.items, *rest.items)] == ids[::-1]
