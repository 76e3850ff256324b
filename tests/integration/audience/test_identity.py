"""Anonymous, logged in, shared device, logged out: the specification's section 3.5.1 on a real database."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from application.audience.commands import (
    ArchiveUserCommand,
    ChangePropertiesCommand,
    ListSubscriptionsCommand,
    ListUsersCommand,
    PutUserCommand,
    ReadUserCommand,
    UpdateUserCommand,
)
from domain.shared.errors import Conflict, InvalidInput, NotFound, Unauthenticated
from tests.integration.audience.world import EMAIL, IN_APP, IOS, World, phone, token


async def test_a_login_links_everything_registered_on_the_install(world: World) -> None:
    app, mine = await world.app(), phone()
    push = (await world.device(app, mine, IOS, token(), tags={"color": "red"})).subscription
    in_app = (await world.device(app, mine, IN_APP)).subscription
    mail = (await world.device(app, mine, EMAIL, "kim@example.com")).subscription
    logged_in = await world.login(app, mine, "kim", push.id)
    assert logged_in.created
    assert {one.subscription.id for one in logged_in.subscriptions} == {push.id, in_app.id, mail.id}
    assert {one.subscription.user_id for one in logged_in.subscriptions} == {logged_in.user_id}
    stored = await world.read(app, push.id)
    assert (stored.external_id, stored.subscription.tags) == ("kim", {"color": "red"})
    assert ("linked", "login") in await world.history(app, push.id)
    again = await world.login(app, mine, "kim")
    assert (again.created, again.user_id) == (False, logged_in.user_id)


async def test_several_installs_of_one_person_share_one_user(world: World) -> None:
    app, one, two = await world.app(), phone(), phone()
    await world.device(app, one, IOS, token())
    await world.device(app, two, IOS, token())
    first, second = await asyncio.gather(world.login(app, one, "kim"), world.login(app, two, "kim"))
    assert first.user_id == second.user_id
    assert sorted([first.created, second.created]) == [False, True]
    page = await world.list_subscriptions(ListSubscriptionsCommand(application_id=app, user="kim"))
    assert len(page.items) == 2


async def test_on_a_shared_device_the_next_login_takes_the_subscriptions_over(world: World) -> None:
    app, shared = await world.app(), phone()
    push = (await world.device(app, shared, IOS, token())).subscription
    mail = (await world.device(app, shared, EMAIL, "a@example.com")).subscription
    await world.login(app, shared, "a")
    b = await world.login(app, shared, "b")
    assert {one.subscription.id for one in b.subscriptions} == {push.id, mail.id}
    assert (await world.read(app, push.id)).external_id == "b"
    assert (await world.history(app, push.id))[-2:] == [("unlinked", "login"), ("linked", "login")]
    empty = await world.list_subscriptions(ListSubscriptionsCommand(application_id=app, user="a"))
    assert empty.items == ()


async def test_with_the_scope_push_the_former_users_addresses_stay_theirs(world: World) -> None:
    app, shared = await world.app(logout_scope="push"), phone()
    await world.device(app, shared, IOS, token())
    mail = (await world.device(app, shared, EMAIL, "a@example.com")).subscription
    await world.login(app, shared, "a")
    await world.login(app, shared, "b")
    assert (await world.read(app, mail.id)).external_id == "a"


@pytest.mark.parametrize(("scope", "mail_owner"), [("all", None), ("push", "kim")])
async def test_a_logout_unlinks_what_the_setting_says_and_leaves_the_rest_as_it_is(
    world: World, scope: str, mail_owner: str | None
) -> None:
    app, mine, text_ = await world.app(logout_scope=scope), phone(), token()
    push = (await world.device(app, mine, IOS, text_, tags={"vip": True})).subscription
    in_app = (await world.device(app, mine, IN_APP)).subscription
    mail = (await world.device(app, mine, EMAIL, "kim@example.com")).subscription
    await world.login(app, mine, "kim")
    await world.logout(app, mine, push.id, mail.id)
    assert (await world.read(app, push.id)).external_id is None
    assert (await world.read(app, in_app.id)).external_id is None
    assert (await world.read(app, mail.id)).external_id == mail_owner
    stored = await world.read(app, push.id)
    assert (stored.token, stored.subscription.tags, stored.subscription.subscription_status) == (
        text_,
        {"vip": True},
        1,
    )
    await world.logout(app, mine)
    assert (await world.history(app, push.id)).count(("unlinked", "logout")) == 1


async def test_a_login_merges_an_address_that_the_user_has_already(world: World) -> None:
    app, mine = await world.app(), phone()
    theirs = (await world.upload(app, EMAIL, "kim@example.com", external_id="kim")).subscription
    await world.device(app, mine, IOS, token())
    anonymous = (await world.device(app, mine, EMAIL, "kim@example.com", enabled=False)).subscription
    logged_in = await world.login(app, mine, "kim", anonymous.id)
    (merged,) = [one for one in logged_in.subscriptions if one.replaces is not None]
    assert (merged.subscription.id, merged.replaces) == (theirs.id, anonymous.id)
    stored = (await world.read(app, theirs.id)).subscription
    assert (stored.subscription_status, stored.install_id) == (-2, mine.id)
    assert (await world.read(app, anonymous.id)).subscription.is_archived


async def test_equal_addresses_of_two_users_of_one_device_become_one_when_both_are_anonymous(
    world: World,
) -> None:
    app, shared = await world.app(), phone()
    push = (await world.device(app, shared, IOS, token())).subscription
    first = (await world.device(app, shared, EMAIL, "a@example.com", external_id="a")).subscription
    second = (await world.device(app, shared, EMAIL, "a@example.com", external_id="b")).subscription
    assert first.id != second.id
    left = await world.logout(app, shared)
    assert {one.id for one in left.subscriptions} == {push.id, first.id}


async def test_a_subscription_of_another_install_is_not_found_and_nothing_is_linked(world: World) -> None:
    app, mine, other = await world.app(), phone(), phone()
    push = (await world.device(app, mine, IOS, token())).subscription
    foreign = (await world.device(app, other, IOS, token())).subscription
    with pytest.raises(NotFound):
        await world.login(app, mine, "kim", push.id, foreign.id)
    with pytest.raises(NotFound):
        await world.logout(app, mine, foreign.id)
    with pytest.raises(NotFound):
        await world.start(app, mine, foreign.id, enabled=False)
    assert (await world.read(app, push.id)).external_id is None
    with pytest.raises(NotFound):
        await world.read_user(ReadUserCommand(application_id=app, user="kim"))


async def test_an_archived_user_is_kept_and_a_login_revives_them(world: World) -> None:
    app, mine = await world.app(), phone()
    put = await world.put_user(PutUserCommand(application_id=app, external_id="kim", properties={"tier": 3}))
    await world.archive_user(ArchiveUserCommand(application_id=app, user=put.user.id))
    gone = await world.read_user(ReadUserCommand(application_id=app, user="kim"))
    assert (gone.is_archived, gone.archived_at) == (True, world.clock.now())
    assert (await world.list_users(ListUsersCommand(application_id=app))).items == ()
    with pytest.raises(NotFound):
        await world.update_user(UpdateUserCommand(application_id=app, user="kim", set={"a": 1}))
    await world.device(app, mine, IOS, token())
    world.clock.turn(days=1)
    logged_in = await world.login(app, mine, "kim")
    revived = await world.read_user(ReadUserCommand(application_id=app, user="kim"))
    assert (logged_in.created, logged_in.user_id) == (False, put.user.id)
    assert (revived.is_archived, revived.archived_at, revived.properties) == (False, None, {"tier": 3})
    assert revived.last_active_at == world.clock.now()


async def test_properties_are_changed_through_the_linked_subscription_and_hold_no_personal_data(
    world: World,
) -> None:
    app, mine = await world.app(), phone()
    push = (await world.device(app, mine, IOS, token())).subscription

    async def change(**set_: object) -> object:
        command = ChangePropertiesCommand(
            application_id=app,
            subscription_id=push.id,
            install_id=mine.id,
            set=set_,  # type: ignore[arg-type]
        )
        return (await world.change_properties(command)).properties

    with pytest.raises(Conflict):
        await change(tier=1)
    await world.login(app, mine, "kim")
    assert await change(tier=1, langs=["ko", "en"]) == {"tier": 1, "langs": ["ko", "en"]}
    for name in ("email", "Name", "PHONE"):
        with pytest.raises(InvalidInput):
            await change(**{name: "x"})
    with pytest.raises(InvalidInput):
        await change(nested={"a": 1})


@pytest.mark.parametrize("bad", ["", " kim", "a" * 257, "a\nb", "a\x00b", "\ud800"])
async def test_a_bad_external_id_is_refused_and_nobody_is_created(world: World, bad: str) -> None:
    app, mine = await world.app(), phone()
    await world.device(app, mine, IOS, token())
    with pytest.raises(InvalidInput) as refused:
        await world.login(app, mine, bad)
    assert refused.value.field == "external_id"
    assert (await world.list_users(ListUsersCommand(application_id=app))).items == ()


async def test_the_time_of_last_activity_follows_registration_start_and_login(world: World) -> None:
    app, mine = await world.app(), phone()
    push = (await world.device(app, mine, IOS, token())).subscription
    await world.login(app, mine, "kim")
    seen = []
    for step in ("register", "start", "login"):
        world.clock.turn(hours=1)
        if step == "register":
            await world.device(app, mine, IOS, token())
        elif step == "start":
            await world.start(app, mine, push.id)
        else:
            await world.login(app, mine, "kim")
        assert (await world.read(app, push.id)).subscription.last_active_at == world.clock.now(), step
        user = await world.read_user(ReadUserCommand(application_id=app, user="kim"))
        seen.append(user.last_active_at == world.clock.now())
    assert seen == [True, True, True]


async def test_an_unknown_install_and_a_wrong_secret_are_refused_alike(world: World) -> None:
    app, mine, stranger = await world.app(), phone(), phone()
    await world.device(app, mine, IOS, token())
    texts = set()
    for who, secret in ((mine, "wrong"), (stranger, "any")):
        with pytest.raises(Unauthenticated) as refused:
            await world.authenticate(app, who, secret)
        texts.add(refused.value.message)
    with pytest.raises(Unauthenticated) as refused:
        await world.authenticate(uuid4(), mine)
    assert texts | {refused.value.message} == {refused.value.message}


async def test_many_logins_registrations_and_logouts_at_once_end_without_deadlock(world: World) -> None:
    app, phones = await world.app(), [phone() for _ in range(4)]
    for one in phones:
        await world.device(app, one, IOS, token())
        await world.authenticate(app, one)
    shared = token()
    work = []
    for round_ in range(3):
        for one in phones:
            work.append(world.login(app, one, f"user {round_ % 2}"))
            work.append(world.device(app, one, EMAIL, "kim@example.com"))
            work.append(world.logout(app, one))
        work.append(world.device(app, phones[round_], IOS, shared))
    results = await asyncio.gather(*work, return_exceptions=True)
    assert [one for one in results if isinstance(one, BaseException)] == []
