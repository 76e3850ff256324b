"""No use case of the audience reaches into another application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from application.audience.commands import (
    ArchiveSubscriptionCommand,
    ArchiveUserCommand,
    ChangePropertiesCommand,
    ChangeTagsCommand,
    DisableSubscriptionCommand,
    EnableSubscriptionCommand,
    ListSubscriptionEventsCommand,
    ListSubscriptionsCommand,
    ListUsersCommand,
    LoginCommand,
    ReadSubscriptionCommand,
    ReadUserCommand,
    UpdateSubscriptionCommand,
    UpdateUserCommand,
)
from domain.audience.subscription_event import ChangeSource
from domain.shared.errors import NotFound
from tests.integration.audience.world import IOS, World, phone, token

API = ChangeSource.API
Attempt = Callable[[World, UUID, UUID, UUID], Awaitable[object]]

ATTEMPTS: dict[str, Attempt] = {
    "read": lambda w, app, sub, user: w.read_subscription(
        ReadSubscriptionCommand(application_id=app, subscription_id=sub)
    ),
    "update": lambda w, app, sub, user: w.update_subscription(
        UpdateSubscriptionCommand(application_id=app, subscription_id=sub, source=API, enabled=False)
    ),
    "update token": lambda w, app, sub, user: w.update_subscription(
        UpdateSubscriptionCommand(application_id=app, subscription_id=sub, source=API, token=token())
    ),
    "tags": lambda w, app, sub, user: w.change_tags(
        ChangeTagsCommand(application_id=app, subscription_id=sub, source=API, set={"a": 1})
    ),
    "archive": lambda w, app, sub, user: w.archive_subscription(
        ArchiveSubscriptionCommand(application_id=app, subscription_id=sub, source=API)
    ),
    "disable": lambda w, app, sub, user: w.disable_subscription(
        DisableSubscriptionCommand(application_id=app, subscription_id=sub)
    ),
    "enable": lambda w, app, sub, user: w.enable_subscription(
        EnableSubscriptionCommand(application_id=app, subscription_id=sub)
    ),
    "events": lambda w, app, sub, user: w.list_subscription_events(
        ListSubscriptionEventsCommand(application_id=app, subscription_id=sub)
    ),
    "properties": lambda w, app, sub, user: w.change_properties(
        ChangePropertiesCommand(application_id=app, subscription_id=sub, set={"a": 1})
    ),
    "read user": lambda w, app, sub, user: w.read_user(ReadUserCommand(application_id=app, user=user)),
    "read user by external id": lambda w, app, sub, user: w.read_user(
        ReadUserCommand(application_id=app, user="kim")
    ),
    "update user": lambda w, app, sub, user: w.update_user(
        UpdateUserCommand(application_id=app, user=user, set={"a": 1})
    ),
    "archive user": lambda w, app, sub, user: w.archive_user(
        ArchiveUserCommand(application_id=app, user=user)
    ),
}


@pytest.mark.parametrize("name", ATTEMPTS)
async def test_an_id_of_another_application_is_not_found_and_nothing_changes(world: World, name: str) -> None:
    mine, theirs = await world.app(), await world.app()
    found = await world.upload(theirs, IOS, token(), external_id="kim")
    before = await world.read(theirs, found.subscription.id)
    assert found.subscription.user_id is not None
    with pytest.raises(NotFound):
        await ATTEMPTS[name](world, mine, found.subscription.id, found.subscription.user_id)
    assert await world.read(theirs, found.subscription.id) == before


async def test_lists_hold_only_ones_own(world: World) -> None:
    mine, theirs = await world.app(), await world.app()
    await world.upload(theirs, IOS, token(), external_id="kim")
    assert (await world.list_subscriptions(ListSubscriptionsCommand(application_id=mine))).items == ()
    assert (
        await world.list_subscriptions(ListSubscriptionsCommand(application_id=mine, user="kim"))
    ).items == ()
    assert (await world.list_users(ListUsersCommand(application_id=mine))).items == ()


async def test_an_install_of_another_application_logs_nothing_in(world: World) -> None:
    mine, theirs, device = await world.app(), await world.app(), phone()
    found = await world.device(theirs, device, IOS, token())
    logged_in = await world.log_in(LoginCommand(application_id=mine, install_id=device.id, external_id="kim"))
    assert logged_in.subscriptions == ()
    assert (await world.read(theirs, found.subscription.id)).external_id is None


async def test_pages_follow_one_another_without_gap_or_overlap(world: World) -> None:
    app = await world.app()
    made = [(await world.upload(app, IOS, token())).subscription.id for _ in range(5)]
    seen: list[UUID] = []
    cursor = None
    for _ in range(3):
        page = await world.list_subscriptions(
            ListSubscriptionsCommand(application_id=app, limit=2, cursor=cursor)
        )
        seen += [view.subscription.id for view in page.items]
        cursor = page.next_cursor
    assert seen == made
    assert cursor is None
