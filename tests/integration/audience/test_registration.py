"""Registering subscriptions on a real database: who is who, and what one token means."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text

from application.applications.commands import UpdateApplicationCommand
from application.applications.key_cache import KeyCache
from application.applications.update_application import UpdateApplication
from application.audience.commands import (
    ArchiveSubscriptionCommand,
    DisableSubscriptionCommand,
    RegisterSubscriptionsCommand,
    Registration,
    UpdateSubscriptionCommand,
)
from application.audience.views import Registered
from domain.audience.device import DeviceReport, Permission
from domain.audience.subscription_event import ChangeSource
from domain.shared.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, Unauthenticated
from tests.integration.audience.world import ANDROID, EMAIL, IN_APP, IOS, KAKAO, SMS, World, phone, token


async def test_a_first_contact_creates_an_anonymous_subscription_and_gives_out_a_secret_once(
    world: World,
) -> None:
    app, mine, text_ = await world.app(), phone(), token()
    first = await world.device(app, mine, IOS, text_, device=DeviceReport(device_model="iPhone17,1"))
    assert first.created
    assert first.install_secret
    assert first.subscription.user_id is None
    assert first.subscription.subscription_status == 1
    await world.authenticate(app, mine)
    again = await world.device(app, mine, IOS, text_)
    assert (again.created, again.install_secret) == (False, None)
    assert again.subscription.id == first.subscription.id
    stored = await world.read(app, first.subscription.id)
    assert stored.token == text_
    assert stored.subscription.device_model == "iPhone17,1"
    assert await world.history(app, first.subscription.id) == [
        ("created", "registered"),
        ("updated", None),
        ("subscribed", "registered"),
    ]


async def test_a_lost_answer_is_repaired_until_the_secret_was_used(world: World) -> None:
    app, mine = await world.app(), phone()
    first = await world.device(app, mine, IOS, token())
    mine.secret = None
    second = await world.device(app, mine, IOS, token())
    assert second.install_secret not in (None, first.install_secret)
    with pytest.raises(Unauthenticated):
        await world.authenticate(app, mine, first.install_secret)
    await world.authenticate(app, mine)
    mine.secret = None
    with pytest.raises(Unauthenticated):
        await world.device(app, mine, IOS, token())


async def test_a_wrong_secret_registers_nothing(world: World) -> None:
    app, mine = await world.app(), phone()
    await world.device(app, mine, IOS, token())
    mine.secret = "wrong"
    with pytest.raises(Unauthenticated):
        await world.device(app, mine, ANDROID, token(), external_id="mallory")
    async with world.engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM subscription"))).scalar() == 1
        assert (await connection.execute(text("SELECT count(*) FROM app_user"))).scalar() == 0


async def test_secrets_and_tokens_are_stored_neither_plain_nor_shown(world: World) -> None:
    app, mine, text_ = await world.app(), phone(), token()
    registered = await world.device(app, mine, IOS, text_)
    assert mine.secret is not None
    assert mine.secret not in repr(registered)
    assert text_ not in repr(await world.read(app, registered.subscription.id))
    async with world.engine.connect() as connection:
        rows = await connection.execute(text("SELECT s::text || i::text FROM subscription s, install i"))
        stored = rows.scalar_one()
    for secret in (mine.secret, text_):
        assert secret not in stored
        assert secret.encode().hex() not in stored


async def test_the_newest_install_wins_a_token_and_the_older_row_is_archived(world: World) -> None:
    app, old, new, text_ = await world.app(), phone(), phone(), token()
    first = await world.device(app, old, IOS, text_)
    second = await world.device(app, new, IOS, text_)
    assert second.created
    assert second.subscription.id != first.subscription.id
    loser = (await world.read(app, first.subscription.id)).subscription
    assert (loser.is_archived, loser.token, loser.subscription_status) == (True, None, 0)
    assert (await world.history(app, loser.id))[-2:] == [
        ("unsubscribed", "token_moved"),
        ("archived", "token_moved"),
    ]


async def test_a_token_uploaded_by_a_server_and_registered_by_a_device_is_one_subscription(
    world: World,
) -> None:
    app, mine, text_ = await world.app(), phone(), token()
    uploaded = await world.upload(app, ANDROID, text_, external_id="a")
    registered = await world.device(app, mine, ANDROID, text_)
    again = await world.upload(app, ANDROID, text_, external_id="a")
    assert {uploaded.subscription.id} == {registered.subscription.id, again.subscription.id}
    assert (registered.created, again.created) == (False, False)
    assert registered.external_id == "a"
    assert again.subscription.install_id == mine.id


async def test_the_same_text_is_another_token_for_another_type_or_application(world: World) -> None:
    one, other, text_ = await world.app(), await world.app(), token()
    ids = {
        (await world.upload(one, IOS, text_)).subscription.id,
        (await world.upload(one, ANDROID, text_)).subscription.id,
        (await world.upload(other, IOS, text_)).subscription.id,
    }
    assert len(ids) == 3


async def test_simultaneous_registrations_of_one_token_yield_one_row(world: World) -> None:
    app, text_ = await world.app(), token()
    results = await asyncio.gather(*(world.upload(app, ANDROID, text_, external_id="a") for _ in range(12)))
    assert len({result.subscription.id for result in results}) == 1
    assert sum(result.created for result in results) == 1


async def test_many_installs_racing_for_one_token_leave_one_live_subscription(world: World) -> None:
    app, text_ = await world.app(), token()
    results = await asyncio.gather(
        *(world.device(app, phone(), IOS, text_) for _ in range(6)), return_exceptions=True
    )
    assert any(isinstance(result, Registered) for result in results)
    async with world.engine.connect() as connection:
        query = text("SELECT count(*) FROM subscription WHERE NOT is_archived")
        assert (await connection.execute(query)).scalar() == 1


async def test_each_token_change_counts_a_version_and_keeps_the_row(world: World) -> None:
    app, mine = await world.app(), phone()
    first = (await world.device(app, mine, IOS, token())).subscription
    assert (first.token_version, first.token_registered_at) == (1, world.clock.now())
    later = world.clock.turn(hours=1)
    second = (await world.device(app, mine, IOS, token())).subscription
    assert (second.id, second.token_version, second.token_registered_at) == (first.id, 2, later)
    third = (await world.start(app, mine, first.id, token=token())).subscription
    assert third.token_version == 3
    assert ("token_changed", None) in await world.history(app, first.id)


async def test_a_refusal_by_the_provider_holds_until_the_token_is_registered_again(world: World) -> None:
    app, mine, text_ = await world.app(), phone(), token()
    found = (await world.device(app, mine, ANDROID, text_)).subscription
    await world.set_by_worker(found.id, -10)
    started = await world.start(app, mine, found.id, permission=Permission.GRANTED)
    assert started.subscription.subscription_status == -10
    world.clock.turn(minutes=1)
    again = (await world.device(app, mine, ANDROID, text_)).subscription
    assert (again.subscription_status, again.token_version) == (1, 1)
    assert again.token_registered_at == world.clock.now()


async def test_what_a_user_switched_off_survives_token_refresh_and_restart(world: World) -> None:
    app, mine = await world.app(), phone()
    found = (await world.device(app, mine, IOS, token())).subscription
    assert (await world.start(app, mine, found.id, enabled=False)).subscription.subscription_status == -2
    assert (await world.start(app, mine, found.id, token=token())).subscription.subscription_status == -2
    again = await world.device(app, mine, IOS, token())
    assert again.subscription.subscription_status == -2
    assert (await world.start(app, mine, found.id, enabled=True)).subscription.subscription_status == 1


async def test_no_device_lifts_what_the_api_disabled(world: World) -> None:
    app, mine, text_ = await world.app(), phone(), token()
    found = (await world.device(app, mine, IOS, text_)).subscription
    await world.disable_subscription(DisableSubscriptionCommand(application_id=app, subscription_id=found.id))
    assert (await world.start(app, mine, found.id, enabled=True)).subscription.subscription_status == -31
    assert (await world.device(app, mine, IOS, token(), enabled=True)).subscription.subscription_status == -31
    await world.archive_subscription(
        ArchiveSubscriptionCommand(
            application_id=app, subscription_id=found.id, source=ChangeSource.SDK, install_id=mine.id
        )
    )
    restored = await world.device(app, mine, IOS, text_)
    assert (restored.subscription.id, restored.subscription.subscription_status) == (found.id, -31)
    assert ("restored", "registered") in await world.history(app, found.id)
    moved = await world.device(app, phone(), IOS, text_)
    assert moved.subscription.subscription_status == -31


async def test_an_address_is_one_subscription_per_user_and_nobody_takes_over_anothers(world: World) -> None:
    app, mine, theirs = await world.app(), phone(), phone()
    anonymous = (await world.device(app, mine, EMAIL, "kim@Example.com")).subscription
    other = (await world.device(app, theirs, EMAIL, "kim@example.com")).subscription
    assert anonymous.id != other.id
    kim = (await world.upload(app, EMAIL, "kim@example.com", external_id="kim")).subscription
    lee = (await world.upload(app, EMAIL, "kim@example.com", external_id="lee")).subscription
    assert len({anonymous.id, other.id, kim.id, lee.id}) == 4
    assert (await world.upload(app, EMAIL, "kim@EXAMPLE.com", external_id="kim")).subscription.id == kim.id
    assert (await world.read(app, anonymous.id)).token == "kim@example.com"


async def test_an_address_registered_after_a_login_belongs_to_that_user(world: World) -> None:
    app, mine = await world.app(), phone()
    await world.device(app, mine, IOS, token())
    await world.login(app, mine, "kim")
    assert (await world.device(app, mine, SMS, "010-1234-5678")).external_id == "kim"
    assert (await world.device(app, mine, KAKAO, "+821012345678")).external_id == "kim"
    assert (await world.device(app, mine, IN_APP)).subscription.subscription_status == 1


@pytest.mark.parametrize(
    ("type", "address", "code"),
    [
        (EMAIL, "not an address", -40),
        (SMS, "12", -50),
        (EMAIL, "kim@example.com", 1),
        (SMS, "01012345678", 1),
    ],
)
async def test_an_address_that_nothing_could_reach_is_kept_with_its_code(
    world: World, type: object, address: str, code: int
) -> None:
    registered = await world.upload(await world.app(), type, address)  # type: ignore[arg-type]
    assert registered.subscription.subscription_status == code


async def test_double_opt_in_waits_for_confirmation(world: World) -> None:
    app = await world.app()
    registered = await world.upload(app, EMAIL, "kim@example.com", double_opt_in=True)
    assert registered.subscription.subscription_status == -98
    again = await world.upload(app, EMAIL, "kim@example.com")
    assert again.subscription.subscription_status == -98


async def test_changing_an_address_to_one_the_user_has_names_the_other(world: World) -> None:
    app = await world.app()
    one = (await world.upload(app, EMAIL, "one@example.com", external_id="kim")).subscription
    two = (await world.upload(app, EMAIL, "two@example.com", external_id="kim")).subscription
    with pytest.raises(AlreadyExists) as refused:
        await world.update_subscription(
            UpdateSubscriptionCommand(
                application_id=app, subscription_id=two.id, source=ChangeSource.API, token="one@example.com"
            )
        )
    assert refused.value.extra["subscription_id"] == str(one.id)
    assert (await world.read(app, two.id)).token == "two@example.com"


async def test_a_batch_reports_each_item_and_a_bad_one_fails_alone(world: World) -> None:
    app, text_ = await world.app(), token()
    outcomes = await world.register_subscriptions(
        RegisterSubscriptionsCommand(
            application_id=app,
            registrations=(
                Registration(type=IOS, token=text_, external_id="a"),
                Registration(type=IOS, token="not hexadecimal"),
                Registration(type=IOS, token=text_.upper(), tags={"vip": True}),
                Registration(type=ANDROID),
            ),
        )
    )
    first, bad, same, missing = outcomes
    assert isinstance(first, Registered)
    assert isinstance(same, Registered)
    assert (first.created, same.created) == (True, False)
    assert same.subscription.id == first.subscription.id
    assert isinstance(bad, InvalidInput)
    assert isinstance(missing, InvalidInput)
    assert (await world.read(app, first.subscription.id)).subscription.tags == {"vip": True}


async def test_a_thousand_at_once_are_stored_and_found_again(world: World) -> None:
    app = await world.app()
    batch = tuple(
        Registration(type=ANDROID, token=token(), external_id=f"user-{n // 2}") for n in range(1_000)
    )
    command = RegisterSubscriptionsCommand(application_id=app, registrations=batch)
    first = await world.register_subscriptions(command)
    second = await world.register_subscriptions(command)
    assert all(isinstance(one, Registered) and one.created for one in first)
    assert [one.subscription.id for one in first if isinstance(one, Registered)] == [
        one.subscription.id for one in second if isinstance(one, Registered) and not one.created
    ]


async def test_too_many_tags_on_an_existing_subscription_change_nothing(world: World) -> None:
    app, mine, text_ = await world.app(), phone(), token()
    full = {f"tag {n}": n for n in range(100)}
    found = (await world.device(app, mine, IOS, text_, tags=full)).subscription
    with pytest.raises(InvalidInput):
        await world.device(app, mine, IOS, token(), tags={"one more": 1})
    stored = await world.read(app, found.id)
    assert (stored.token, stored.subscription.tags) == (text_, full)


async def test_an_inactive_or_unknown_application_is_refused(world: World) -> None:
    app = await world.app()
    update = UpdateApplication(
        providers=world.providers,
        pauses=world.pauses,
        applications=world.applications,
        clock=world.clock,
        key_cache=KeyCache(),
    )
    await update(UpdateApplicationCommand(application_id=app, is_active=False))
    with pytest.raises(Forbidden):
        await world.device(app, phone(), IOS, token())
    with pytest.raises(NotFound):
        await world.device(uuid4(), phone(), IOS, token())


async def test_an_application_may_require_an_identity_token_of_devices(world: World) -> None:
    app = await world.app(identity_token_required=True)
    mine = phone()
    await world.device(app, mine, IOS, token())
    with pytest.raises(Unauthenticated):
        await world.device(app, mine, EMAIL, "kim@example.com")
    with pytest.raises(Unauthenticated):
        await world.login(app, mine, "kim")
    await world.upload(app, EMAIL, "kim@example.com", external_id="kim")
