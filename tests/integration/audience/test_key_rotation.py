"""Rotating the vault's keys while registrations, refreshes and look-ups go on."""

from __future__ import annotations

import asyncio
import json
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.crypto.keyring import Keyring
from application.audience.commands import (
    RegisterSubscriptionsCommand,
    Registration,
    RotateKeysCommand,
    UpdateSubscriptionCommand,
)
from application.audience.views import Registered
from application.ports.audience import AudienceUnit
from application.ports.credentials import CREDENTIAL_COLUMN
from application.ports.identity_keys import IDENTITY_COLUMN, SealedIdentityKey
from domain.applications.identity_key import IdentityAlgorithm, IdentityKey
from domain.audience.subscription_event import ChangeSource
from domain.shared.errors import InvalidInput
from tests.integration.audience.world import ANDROID, EMAIL, World, phone, token

OLD = Keyring.generate("old")
BOTH = OLD.with_new_current("new")
NEW_ALONE = Keyring(BOTH.keys[:1])


async def keys_in_use(world: World) -> set[tuple[str, str]]:
    async with world.engine.connect() as connection:
        query = text("SELECT DISTINCT token_key_id, token_index_key_id FROM subscription")
        return {(row[0], row[1]) for row in await connection.execute(query)}


async def upload_many(world: World, app: UUID, n: int) -> dict[UUID, str]:
    tokens = [token() for _ in range(n)]
    outcomes = await world.register_subscriptions(
        RegisterSubscriptionsCommand(
            application_id=app,
            registrations=tuple(Registration(type=ANDROID, token=one) for one in tokens),
        )
    )
    return {
        one.subscription.id: text_
        for one, text_ in zip(outcomes, tokens, strict=True)
        if isinstance(one, Registered)
    }


async def store_credential(world: World, app: UUID) -> None:
    sealed = world.vault.seal(
        json.dumps({"key": "planted"}), application_id=app, row="apns", column=CREDENTIAL_COLUMN
    )
    await world.credentials.put(app, "apns", sealed, summary={}, types=[], now=world.clock.now())


async def test_afterwards_everything_opens_with_the_new_key_alone(engine: AsyncEngine) -> None:
    before = World(engine, OLD)
    app = await before.app()
    tokens = await upload_many(before, app, 25)
    await store_credential(before, app)
    seen: list[tuple[int, int]] = []
    rotated = await World(engine, BOTH).rotate_keys(
        RotateKeysCommand(batch_size=10), lambda done, total: seen.append((done, total))
    )
    assert (rotated.tokens, rotated.credentials, rotated.left, rotated.conflicts) == (25, 1, 0, 0)
    assert seen == [(1, 26), (11, 26), (21, 26), (26, 26)]
    after = World(engine, NEW_ALONE)
    assert {id: (await after.read(app, id)).token for id in tokens} == tokens
    stored = await after.credentials.current(app, "apns")
    assert stored is not None
    plain = after.vault.open(stored.sealed, application_id=app, row="apns", column=CREDENTIAL_COLUMN)
    assert json.loads(plain) == {"key": "planted"}
    id, text_ = next(iter(tokens.items()))
    assert (await after.upload(app, ANDROID, text_)).subscription.id == id


async def test_a_token_indexed_under_the_old_key_is_found_during_the_rotation(engine: AsyncEngine) -> None:
    before, during = World(engine, OLD), World(engine, BOTH)
    app, text_ = await before.app(), token()
    first = await before.upload(app, ANDROID, text_)
    again = await during.upload(app, ANDROID, text_)
    assert (again.created, again.subscription.id) == (False, first.subscription.id)
    moved = await during.device(app, phone(), ANDROID, text_)
    assert moved.subscription.id == first.subscription.id


async def test_a_login_during_the_rotation_merges_an_address_under_the_old_key(engine: AsyncEngine) -> None:
    before, during = World(engine, OLD), World(engine, BOTH)
    app, mine = await before.app(), phone()
    theirs = await before.upload(app, EMAIL, "kim@example.com", external_id="kim")
    anonymous = await during.device(app, mine, EMAIL, "kim@example.com")
    (merged,) = (await during.login(app, mine, "kim")).subscriptions
    assert (merged.subscription.id, merged.replaces) == (theirs.subscription.id, anonymous.subscription.id)


async def test_registrations_and_refreshes_meanwhile_lose_nothing(engine: AsyncEngine) -> None:
    before, during = World(engine, OLD), World(engine, BOTH)
    app, mine = await before.app(), phone()
    tokens = await upload_many(before, app, 120)
    device = (await before.device(app, mine, ANDROID, token())).subscription
    ids = list(tokens)
    last = token()

    async def keep_changing() -> None:
        for id in ids[::10]:
            tokens[id] = token()
            await during.update_subscription(_new_token(app, id, tokens[id]))
        await during.start(app, mine, device.id, token=last)

    async def keep_registering() -> None:
        for id in ids[5::20]:
            assert (await during.upload(app, ANDROID, tokens[id])).subscription.id == id

    await asyncio.gather(
        during.rotate_keys(RotateKeysCommand(batch_size=7)), keep_changing(), keep_registering()
    )
    await during.rotate_keys(RotateKeysCommand())
    assert await keys_in_use(during) == {("new", "new")}
    after = World(engine, NEW_ALONE)
    assert {id: (await after.read(app, id)).token for id in tokens} == tokens
    assert (await after.read(app, device.id)).token == last


async def test_a_token_that_changed_after_it_was_read_is_not_overwritten(engine: AsyncEngine) -> None:
    before, during = World(engine, OLD), World(engine, BOTH)
    app = await before.app()
    found = (await before.upload(app, ANDROID, token())).subscription
    async with during.audience.begin() as unit:
        (read,) = await unit.subscriptions.not_under("new", after=None, limit=10)
    changed = token()
    await before.update_subscription(_new_token(app, found.id, changed))
    stale = during.rotate_keys._reseal(read)
    assert stale is not None

    async def replace(unit: AudienceUnit) -> int:
        return (await unit.subscriptions.reseal([(read, stale)])).done

    async with during.audience.begin() as unit:
        assert await replace(unit) == 0
    assert (await before.read(app, found.id)).token == changed


async def test_what_no_key_at_hand_opens_is_left_and_counted(engine: AsyncEngine) -> None:
    lost = World(engine, Keyring.generate("lost"))
    app = await lost.app()
    await lost.upload(app, EMAIL, "kim@example.com")
    await store_credential(lost, app)
    rotated = await World(engine, BOTH).rotate_keys(RotateKeysCommand())
    assert (rotated.tokens, rotated.credentials, rotated.left) == (0, 0, 2)


async def test_equal_tokens_under_two_keys_are_reported_and_the_others_go_on(engine: AsyncEngine) -> None:
    old, new, both = World(engine, OLD), World(engine, NEW_ALONE), World(engine, BOTH)
    app, text_ = await old.app(), token()
    await old.upload(app, ANDROID, text_)
    await new.upload(app, ANDROID, text_)
    await old.upload(app, ANDROID, token())
    rotated = await both.rotate_keys(RotateKeysCommand())
    assert (rotated.tokens, rotated.conflicts, rotated.left) == (1, 1, 1)


@pytest.mark.parametrize("size", [0, 5_001])
async def test_an_unreasonable_batch_is_refused(world: World, size: int) -> None:
    with pytest.raises(InvalidInput):
        await world.rotate_keys(RotateKeysCommand(batch_size=size))


def _new_token(app: UUID, id: UUID, text_: str) -> UpdateSubscriptionCommand:
    return UpdateSubscriptionCommand(
        application_id=app, subscription_id=id, source=ChangeSource.API, token=text_
    )


async def test_identity_keys_move_along(engine: AsyncEngine) -> None:
    """A key that vouches for users opens with the new key alone, and is not left behind under the old one."""
    before = World(engine, OLD)
    app = await before.app()
    key = IdentityKey(app, "main", IdentityAlgorithm.HS256, before.clock.now())
    sealed = before.vault.seal("a secret", application_id=app, row="main", column=IDENTITY_COLUMN)
    await before.identity_keys.add(SealedIdentityKey(key, sealed), at_most=1)
    done = await World(engine, BOTH).rotate_keys(RotateKeysCommand())
    assert (done.credentials, done.left) == (1, 0)
    (moved,) = await before.identity_keys.of(app)
    opened = World(engine, NEW_ALONE).vault.open(
        moved.sealed, application_id=app, row="main", column=IDENTITY_COLUMN
    )
    assert opened == "a secret"
