"""Logins of many installs share a transaction, and each caller gets its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID, uuid4

from application.audience.commands import ListUsersCommand, LoginCommand
from application.audience.gathered_logins import GatheredLogins
from application.audience.views import LoggedIn
from application.messaging.group_commit import GroupCommit
from application.ports.audience import Audience, AudienceUnit
from domain.shared.errors import InvalidInput, NotFound, SignalError, Unavailable
from tests.integration.audience.world import EMAIL, IOS, Phone, World, token


class Ending:
    """Does all the work and fails before the commit, as a server that is killed."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AudienceUnit]:
        async with self.audience.begin() as unit:
            yield unit
            raise Unavailable("the database is away")


def _gathered(world: World) -> tuple[GatheredLogins, list[GroupCommit]]:  # type: ignore[type-arg]
    made: list[GroupCommit] = []  # type: ignore[type-arg]

    def gatherer(work: object) -> GroupCommit:  # type: ignore[type-arg]
        made.append(partial(GroupCommit, window=0.02)(work))  # type: ignore[arg-type]
        return made[-1]

    return GatheredLogins(world.log_in, gatherer), made


async def _phones(world: World, app: UUID, n: int) -> list[Phone]:
    phones = [Phone(str(uuid4())) for _ in range(n)]
    for phone in phones:
        await world.device(app, phone, IOS, token())
    return phones


def _command(app: UUID, phone: Phone, name: str, *ids: UUID) -> LoginCommand:
    return LoginCommand(
        application_id=app,
        install_id=phone.id,
        external_id=name,
        subscription_ids=ids,
        identity_verified=False,
    )


async def _all(log_in: GatheredLogins, *commands: LoginCommand) -> list[LoggedIn | SignalError]:
    async def one(command: LoginCommand) -> LoggedIn | SignalError:
        try:
            return await log_in(command)
        except SignalError as error:
            return error

    return list(await asyncio.gather(*(one(command) for command in commands)))


async def _users(world: World, app: UUID) -> set[str]:
    page = await world.list_users(ListUsersCommand(application_id=app, limit=100))
    return {one.external_id for one in page.items}


async def test_concurrent_logins_share_few_transactions(world: World) -> None:
    """Thirty installs, each logged in as its own user, in a handful of groups; only what is theirs is linked."""
    app = await world.app()
    phones = await _phones(world, app, 30)
    log_in, made = _gathered(world)
    answers = await _all(log_in, *(_command(app, one, f"user-{n}") for n, one in enumerate(phones)))
    done = [one for one in answers if isinstance(one, LoggedIn)]
    assert [one.external_id for one in done] == [f"user-{n}" for n in range(30)]
    assert len({one.user_id for one in done}) == 30
    assert all(one.created and len(one.subscriptions) == 1 for one in done)
    assert made[0].groups <= 3


async def test_two_logins_of_one_install_follow_one_another(world: World) -> None:
    """Whoever asked last is logged in; both users exist, and the history shows both."""
    app = await world.app()
    (phone,) = await _phones(world, app, 1)
    log_in, made = _gathered(world)
    first, second = await _all(log_in, _command(app, phone, "minsu"), _command(app, phone, "jiyoung"))
    assert isinstance(first, LoggedIn)
    assert isinstance(second, LoggedIn)
    assert made[0].groups == 1
    (linked,) = second.subscriptions
    assert linked.subscription.user_id == second.user_id != first.user_id
    assert await _users(world, app) == {"minsu", "jiyoung"}


async def test_one_user_on_two_phones_at_once_is_created_once(world: World) -> None:
    """Both phones are linked to the one user; only the first is told that they are new."""
    app = await world.app()
    one, other = await _phones(world, app, 2)
    log_in, _ = _gathered(world)
    answers = await _all(log_in, _command(app, one, "minsu"), _command(app, other, "minsu"))
    done = [answer for answer in answers if isinstance(answer, LoggedIn)]
    assert [answer.created for answer in done] == [True, False]
    assert len({answer.user_id for answer in done}) == 1


async def test_a_bad_login_does_not_fail_its_neighbours_and_changes_nothing(world: World) -> None:
    """A bad name, another install's subscription, an unknown application: each is refused by itself."""
    app, other = await world.app(), await world.app()
    one, two, three = await _phones(world, app, 3)
    (elsewhere,) = await _phones(world, other, 1)
    log_in, _ = _gathered(world)
    answers = await _all(
        log_in,
        _command(app, one, "minsu"),
        _command(app, two, " spaces around "),
        _command(app, two, "nobody", uuid4()),
        _command(uuid4(), three, "stranger"),
        _command(other, elsewhere, "minsu"),
        _command(app, three, "jiyoung"),
    )
    assert [type(answer) for answer in answers] == [
        LoggedIn, InvalidInput, NotFound, NotFound, LoggedIn, LoggedIn,
    ]  # fmt: skip
    assert await _users(world, app) == {"minsu", "jiyoung"}
    assert await _users(world, other) == {"minsu"}


async def test_what_one_login_takes_from_another_is_missing_there(world: World) -> None:
    """A login merges an address away that another in the gather names: that one is told so, and its user is not made."""
    app = await world.app()
    one, two = await _phones(world, app, 2)
    here = await world.device(app, one, EMAIL, "minsu@example.com")
    await world.log_in(_command(app, one, "minsu"))
    there = await world.device(app, two, EMAIL, "minsu@example.com")
    log_in, made = _gathered(world)
    merged, refused = await _all(
        log_in, _command(app, two, "minsu"), _command(app, one, "jiyoung", here.subscription.id)
    )
    assert made[0].groups == 1
    assert isinstance(merged, LoggedIn)
    assert {link.replaces: link.subscription.id for link in merged.subscriptions if link.replaces} == {
        there.subscription.id: here.subscription.id
    }
    assert isinstance(refused, NotFound)
    assert await _users(world, app) == {"minsu"}


async def test_a_database_that_goes_away_answers_nobody(world: World) -> None:
    """Every member of the group is told to come again, and nothing was stored."""
    app = await world.app()
    phones = await _phones(world, app, 3)

    world.log_in = type(world.log_in)(
        applications=world.applications,
        audience=Ending(world.audience),
        vault=world.vault,
        clock=world.clock,
        identifiers=world.identifiers,
    )
    log_in, _ = _gathered(world)
    answers = await _all(log_in, *(_command(app, one, f"user-{n}") for n, one in enumerate(phones)))
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    assert await _users(world, app) == set()
