"""Registrations of many installs share a transaction, and each caller gets its own answer."""

from __future__ import annotations

import asyncio
from functools import partial
from uuid import UUID, uuid4

from application.audience.commands import RegisterSubscriptionCommand, Registration
from application.audience.gathered_registrations import GatheredRegistrations
from application.audience.register_subscription import RegisterSubscription
from application.audience.views import Registered
from application.messaging.group_commit import GroupCommit
from domain.audience.subscription_event import ChangeSource
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput, NotFound, SignalError
from tests.integration.audience.world import World


def _gathered(world: World) -> tuple[RegisterSubscription, list[GroupCommit]]:  # type: ignore[type-arg]
    made: list[GroupCommit] = []  # type: ignore[type-arg]

    def gatherer(work: object) -> GroupCommit:  # type: ignore[type-arg]
        made.append(partial(GroupCommit, window=0.02)(work))  # type: ignore[arg-type]
        return made[-1]

    gathered = GatheredRegistrations(world.register_subscriptions, gatherer)
    return RegisterSubscription(register_subscriptions=gathered), made


def _command(
    app: UUID, token: str, *, source: ChangeSource = ChangeSource.SDK, install: str | None = None
) -> RegisterSubscriptionCommand:
    return RegisterSubscriptionCommand(
        application_id=app,
        source=source,
        registration=Registration(
            type=SubscriptionType.IOS_PUSH,
            token=token,
            install_id=install or (str(uuid4()) if source is ChangeSource.SDK else None),
        ),
    )


async def _all(
    register: RegisterSubscription, commands: list[RegisterSubscriptionCommand]
) -> list[Registered | SignalError]:
    async def one(command: RegisterSubscriptionCommand) -> Registered | SignalError:
        try:
            return await register(command)
        except SignalError as error:
            return error

    return list(await asyncio.gather(*(one(command) for command in commands)))


async def test_concurrent_registrations_share_few_transactions(world: World) -> None:
    """Fifty installs, each with a subscription and a secret of its own, in a handful of groups."""
    app = await world.app()
    register, made = _gathered(world)
    answers = await _all(register, [_command(app, f"{n:064x}") for n in range(50)])
    registered = [one for one in answers if isinstance(one, Registered)]
    assert len(registered) == 50
    assert len({one.subscription.id for one in registered}) == 50
    assert len({one.install_secret for one in registered}) == 50
    assert made[0].items == 50
    assert made[0].groups <= 5


async def test_a_bad_registration_does_not_fail_its_neighbours(world: World) -> None:
    """Neither one of the wrong form nor one of an application that does not exist, nor another source's."""
    app, other = await world.app(), await world.app()
    register, _ = _gathered(world)
    answers = await _all(
        register,
        [
            _command(app, "a" * 64),
            _command(app, "not hexadecimal"),
            _command(uuid4(), "b" * 64),
            _command(other, "c" * 64),
            _command(app, "d" * 64, source=ChangeSource.API),
        ],
    )
    assert [type(one) for one in answers] == [Registered, InvalidInput, NotFound, Registered, Registered]
    applications = [one.subscription.application_id for one in answers if isinstance(one, Registered)]
    assert applications == [app, other, app]


async def test_one_install_that_calls_twice_at_once_is_one_subscription(world: World) -> None:
    """A phone that repeats its first call while the first is under way ends with one subscription."""
    app = await world.app()
    register, _ = _gathered(world)
    answers = await _all(register, [_command(app, "e" * 64, install="phone") for _ in range(2)])
    assert len({one.subscription.id for one in answers if isinstance(one, Registered)}) == 1
