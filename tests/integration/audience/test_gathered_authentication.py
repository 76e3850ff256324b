"""Calls of many installs are authenticated together, and each gets its own verdict."""

from __future__ import annotations

import asyncio
from functools import partial
from uuid import UUID, uuid4

from application.applications.commands import UpdateApplicationCommand
from application.applications.key_cache import KeyCache
from application.applications.update_application import UpdateApplication
from application.audience.authenticate_install import AuthenticateInstall
from application.audience.commands import AuthenticateInstallCommand
from application.audience.gathered_authentication import GatheredAuthentication
from application.audience.views import AuthenticatedInstall
from application.messaging.group_commit import GroupCommit
from domain.shared.errors import Forbidden, InvalidInput, SignalError, Unauthenticated
from tests.integration.audience.world import IOS, Phone, World, token


async def _phones(world: World, app: UUID, n: int) -> list[Phone]:
    phones = [Phone(str(uuid4())) for _ in range(n)]
    for phone in phones:
        await world.device(app, phone, IOS, token())
    return phones


async def _all(
    authenticate: AuthenticateInstall, *calls: tuple[UUID, str, str | None]
) -> list[AuthenticatedInstall | SignalError]:
    async def one(app: UUID, name: str, secret: str | None) -> AuthenticatedInstall | SignalError:
        try:
            return await authenticate(
                AuthenticateInstallCommand(application_id=app, install_id=name, secret=secret or "")
            )
        except SignalError as error:
            return error

    return list(await asyncio.gather(*(one(*call) for call in calls)))


def _gathered(world: World) -> AuthenticateInstall:
    return GatheredAuthentication(
        applications=world.applications,
        audience=world.audience,
        clock=world.clock,
        gatherer=partial(GroupCommit, window=0.02),
    )


async def test_each_install_is_told_apart_and_confirmed(world: World) -> None:
    """Twenty installs at once, each answered as itself; the first call with the secret confirms it."""
    app = await world.app()
    phones = await _phones(world, app, 20)
    world.clock.turn(minutes=5)
    verdicts = await _all(_gathered(world), *((app, phone.name, phone.secret) for phone in phones))
    installs = [one.install for one in verdicts if isinstance(one, AuthenticatedInstall)]
    assert [one.install_id for one in installs] == [phone.name for phone in phones]
    assert [one.id for one in installs] == [phone.row_id for phone in phones]
    assert {one.confirmed_at for one in installs} == {world.clock.now()}
    assert {one.last_seen_at for one in installs} == {world.clock.now()}


async def test_a_wrong_one_does_not_fail_its_neighbours(world: World) -> None:
    """A wrong secret, a neighbour's secret, unknown installs and applications, an inactive application."""
    app, asleep = await world.app(), await world.app()
    first, second = await _phones(world, app, 2)
    (sleeper,) = await _phones(world, asleep, 1)
    update = UpdateApplication(
        providers=world.providers,
        pauses=world.pauses,
        applications=world.applications,
        key_cache=KeyCache(),
        clock=world.clock,
    )
    await update(UpdateApplicationCommand(application_id=asleep, is_active=False))
    verdicts = await _all(
        _gathered(world),
        (app, first.name, first.secret),
        (app, first.name, "wrong"),
        (app, first.name, second.secret),
        (app, "nobody", first.secret),
        (app, "bad\nname", first.secret),
        (uuid4(), first.name, first.secret),
        (asleep, first.name, first.secret),
        (asleep, sleeper.name, sleeper.secret),
        (app, second.name, second.secret),
    )
    assert [type(one) for one in verdicts] == [
        AuthenticatedInstall,
        Unauthenticated,
        Unauthenticated,
        Unauthenticated,
        InvalidInput,
        Unauthenticated,
        Forbidden,
        Forbidden,
        AuthenticatedInstall,
    ]


async def test_an_install_is_known_in_its_own_application_only(world: World) -> None:
    """Another application's name and secret open nothing, whether or not they were just shown where they belong."""
    app, other = await world.app(), await world.app()
    (phone,) = await _phones(world, app, 1)
    authenticate = _gathered(world)
    for _ in range(2):
        here, there = await _all(
            authenticate, (app, phone.name, phone.secret), (other, phone.name, phone.secret)
        )
        assert isinstance(here, AuthenticatedInstall)
        assert isinstance(there, Unauthenticated)


async def test_what_is_remembered_ends_with_the_application(world: World) -> None:
    """An install that has just shown its secret is refused as soon as its application is known to be inactive."""
    app = await world.app()
    (phone,) = await _phones(world, app, 1)
    authenticate = _gathered(world)
    (before,) = await _all(authenticate, (app, phone.name, phone.secret))
    assert isinstance(before, AuthenticatedInstall)
    update = UpdateApplication(
        providers=world.providers,
        pauses=world.pauses,
        applications=world.applications,
        key_cache=KeyCache(),
        clock=world.clock,
    )
    await update(UpdateApplicationCommand(application_id=app, is_active=False))
    (wrong, after) = await _all(authenticate, (app, phone.name, "wrong"), (app, phone.name, phone.secret))
    assert (type(wrong), type(after)) == (Forbidden, Forbidden)
