"""Applications and their keys on a real database."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import attrs
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.keys import PostgresKeys
from application.applications.authenticate_key import AuthenticateKey
from application.applications.commands import (
    IssueKeyCommand,
    ListApplicationsCommand,
    ListKeysCommand,
    ReadApplicationCommand,
    RevokeKeyCommand,
    UpdateApplicationCommand,
)
from application.applications.ensure_operator_key import EnsureOperatorKey
from application.applications.issue_key import IssuedKey, IssueKey
from application.applications.key_cache import KeyCache
from application.applications.list_applications import ListApplications
from application.applications.list_keys import ListKeys
from application.applications.read_application import ReadApplication
from application.applications.revoke_key import RevokeKey
from application.applications.update_application import UpdateApplication
from domain.applications.scopes import ALL_SCOPES, Scope
from domain.shared.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from tests.integration.audience.world import World


@attrs.frozen
class Office:
    """The use cases of keys; `elsewhere` is another process with a cache of its own."""

    world: World
    issue: IssueKey
    revoke: RevokeKey
    keys: ListKeys
    authenticate: AuthenticateKey
    elsewhere: AuthenticateKey
    update: UpdateApplication


@pytest.fixture
def office(engine: AsyncEngine) -> Office:
    world = World(engine)
    keys, cache, clock = PostgresKeys(engine), KeyCache(), world.clock
    return Office(
        world,
        IssueKey(keys=keys, clock=clock, identifiers=world.identifiers, randomness=world.randomness),
        RevokeKey(keys=keys, clock=clock, key_cache=cache),
        ListKeys(applications=world.applications, keys=keys),
        AuthenticateKey(keys=keys, clock=clock, key_cache=cache),
        AuthenticateKey(keys=keys, clock=clock, key_cache=KeyCache()),
        UpdateApplication(
            providers=world.providers,
            pauses=world.pauses,
            applications=world.applications,
            clock=clock,
            key_cache=cache,
        ),
    )


async def issue(office: Office, app: UUID | None, **more: object) -> IssuedKey:
    return await office.issue(IssueKeyCommand(application_id=app, **more))  # type: ignore[arg-type]


async def test_an_issued_key_opens_its_application_with_its_scopes_only(office: Office) -> None:
    app = await office.world.app()
    issued = await issue(office, app, scopes=frozenset({Scope.MESSAGES_WRITE}))
    principal = await office.authenticate(issued.plain)
    assert (principal.kind, principal.application_id, principal.key_id) == ("application", app, issued.key.id)
    assert principal.scopes == {Scope.MESSAGES_WRITE}
    assert issued.plain.startswith("as_live_")
    assert issued.plain not in repr(issued)


async def test_an_operator_key_has_every_scope_and_no_application(office: Office) -> None:
    issued = await issue(office, None)
    principal = await office.authenticate(issued.plain)
    assert (principal.is_operator, principal.application_id, principal.scopes) == (True, None, ALL_SCOPES)
    assert issued.plain.startswith("as_operator_")


async def test_the_secret_is_nowhere_in_the_database(office: Office) -> None:
    issued = await issue(office, await office.world.app())
    secret = issued.plain.split("_", 3)[3]
    async with office.world.engine.connect() as connection:
        stored = (await connection.execute(text("SELECT k::text FROM api_key k"))).scalar_one()
    assert secret not in stored
    assert secret.encode().hex() not in stored


@pytest.mark.parametrize("change", ["secret", "id", "kind", "nonsense"])
async def test_anything_but_the_key_is_refused(office: Office, change: str) -> None:
    issued = await issue(office, await office.world.app())
    plain = {
        "secret": issued.plain[:-1] + ("a" if issued.plain[-1] != "a" else "b"),
        "id": issued.plain.replace(issued.key.id, "0" * 16),
        "kind": issued.plain.replace("as_live_", "as_operator_"),
        "nonsense": "\ud800",
    }[change]
    with pytest.raises(Unauthenticated):
        await office.authenticate(plain)


async def test_two_keys_are_live_during_a_rotation_and_never_three(office: Office) -> None:
    app = await office.world.app()
    results = await asyncio.gather(*(issue(office, app) for _ in range(5)), return_exceptions=True)
    issued = [one for one in results if isinstance(one, IssuedKey)]
    assert len(issued) == 2
    assert sum(isinstance(one, Conflict) for one in results) == 3
    for one in issued:
        await office.authenticate(one.plain)
    await office.revoke(RevokeKeyCommand(application_id=app, key_id=issued[0].key.id))
    await issue(office, app)
    live = [key for key in await office.keys(ListKeysCommand(application_id=app)) if key.revoked_at is None]
    assert len(live) == 2


async def test_a_revoked_key_is_refused_here_at_once_and_elsewhere_within_seconds(office: Office) -> None:
    app = await office.world.app()
    issued = await issue(office, app)
    await office.authenticate(issued.plain)
    await office.elsewhere(issued.plain)
    await office.revoke(RevokeKeyCommand(application_id=app, key_id=issued.key.id))
    with pytest.raises(Unauthenticated):
        await office.authenticate(issued.plain)
    office.world.clock.turn(seconds=4)
    with pytest.raises(Unauthenticated):
        await office.elsewhere(issued.plain)


async def test_an_expired_key_is_refused_although_it_is_remembered(office: Office) -> None:
    expires_at = office.world.clock.now() + timedelta(seconds=1)
    issued = await issue(office, await office.world.app(), expires_at=expires_at)
    await office.authenticate(issued.plain)
    office.world.clock.turn(seconds=1)
    with pytest.raises(Unauthenticated):
        await office.authenticate(issued.plain)
    with pytest.raises(InvalidInput):
        await issue(office, await office.world.app(), expires_at=expires_at)


async def test_the_time_of_last_use_is_written_at_most_once_a_minute(office: Office) -> None:
    app = await office.world.app()
    issued = await issue(office, app)

    async def last_used() -> object:
        return (await office.keys(ListKeysCommand(application_id=app)))[0].last_used_at

    first = office.world.clock.now()
    await office.authenticate(issued.plain)
    assert await last_used() == first
    office.world.clock.turn(seconds=30)
    await office.authenticate(issued.plain)
    assert await last_used() == first
    later = office.world.clock.turn(seconds=30)
    await office.authenticate(issued.plain)
    assert await last_used() == later


async def test_keys_of_an_inactive_application_are_forbidden_at_once(office: Office) -> None:
    app = await office.world.app()
    issued = await issue(office, app)
    await office.authenticate(issued.plain)
    await office.update(UpdateApplicationCommand(application_id=app, is_active=False))
    with pytest.raises(Forbidden):
        await office.authenticate(issued.plain)
    await office.update(UpdateApplicationCommand(application_id=app, is_active=True))
    await office.authenticate(issued.plain)


async def test_a_key_of_another_owner_is_not_found(office: Office) -> None:
    app, other = await office.world.app(), await office.world.app()
    issued, operator = await issue(office, app), await issue(office, None)
    for owner, key in ((other, issued), (None, issued), (app, operator)):
        with pytest.raises(NotFound):
            await office.revoke(RevokeKeyCommand(application_id=owner, key_id=key.key.id))
    assert await office.keys(ListKeysCommand(application_id=other)) == []
    with pytest.raises(NotFound):
        await issue(office, uuid4())
    await office.authenticate(issued.plain)


async def test_a_new_installation_gets_one_operator_key_however_many_processes_start(office: Office) -> None:
    ensure = EnsureOperatorKey(
        keys=PostgresKeys(office.world.engine), clock=office.world.clock, issue=office.issue
    )
    results = await asyncio.gather(*(ensure() for _ in range(4)))
    given = [one for one in results if one is not None]
    assert len(given) == 1
    assert (await office.authenticate(given[0].plain)).is_operator
    assert await ensure() is None


async def test_applications_are_read_changed_and_listed(office: Office) -> None:
    made = [await office.world.app(time_zone="Europe/Berlin") for _ in range(3)]
    changed = await office.update(
        UpdateApplicationCommand(application_id=made[0], name=" 상점 ", settings={"logout_scope": "push"})
    )
    read = await ReadApplication(applications=office.world.applications)(
        ReadApplicationCommand(application_id=made[0])
    )
    assert read == changed
    assert (read.name, read.settings.logout_scope, read.settings.time_zone) == (
        "상점",
        "push",
        "Europe/Berlin",
    )
    listing = ListApplications(applications=office.world.applications)
    first = await listing(ListApplicationsCommand(limit=2))
    second = await listing(ListApplicationsCommand(limit=2, cursor=first.next_cursor))
    assert [one.id for one in (*first.items, *second.items)] == made
    assert second.next_cursor is None
    with pytest.raises(InvalidInput):
        await office.update(UpdateApplicationCommand(application_id=made[0], name="  "))
    with pytest.raises(NotFound):
        await office.update(UpdateApplicationCommand(application_id=uuid4(), name="x"))
