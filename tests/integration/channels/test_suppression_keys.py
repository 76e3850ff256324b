"""Suppressed addresses during and after a rotation of keys: found under whatever key they were written."""

from __future__ import annotations

from uuid import UUID

import pytest

from adapters.crypto.keyring import Keyring
from adapters.crypto.vault import AesGcmVault
from adapters.postgres.addresses import PostgresAddresses
from application.audience.commands import RegisterSubscriptionCommand, Registration, RotateKeysCommand
from application.audience.rotate_keys import RotateKeys
from application.audience.suppress_address import SuppressAddress, SuppressAddressCommand
from application.ports.vault import Vault
from domain.audience.subscription_event import ChangeSource
from domain.audience.suppression import SuppressionReason
from domain.shared.channels import Channel
from tests.integration.audience.world import World
from tests.integration.channels.desk import SMS, Desk

PHONE = "+821012345678"


async def suppress(desk: Desk, application_id: UUID, vault: Vault, reason: SuppressionReason) -> None:
    use_case = SuppressAddress(
        addresses=PostgresAddresses(desk.shop.engine, desk.shop.ids),
        vault=vault,
        clock=desk.shop.clock,
        providers=desk.directory,
    )
    await use_case(
        SuppressAddressCommand(
            application_id=application_id, channel=Channel.SMS, address=PHONE, reason=reason
        )
    )


async def register(desk: Desk, application_id: UUID, keyring: Keyring) -> tuple[UUID, int]:
    """(id, status) of a new subscription."""
    world = World(desk.shop.engine, keyring)
    registration = Registration(type=SMS, token=PHONE)
    registered = await world.register_subscription(
        RegisterSubscriptionCommand(
            application_id=application_id, source=ChangeSource.API, registration=registration
        )
    )
    return registered.subscription.id, registered.subscription.subscription_status


async def refused(desk: Desk, application_id: UUID, subscription: UUID) -> list[str]:
    result = await desk.accept_all(application_id, [subscription])
    return [error.code for error in result.errors]


@pytest.mark.parametrize("reason", [SuppressionReason.MANUAL, SuppressionReason.BLOCKED])
async def test_a_rotation_takes_suppressions_along(desk: Desk, reason: SuppressionReason) -> None:
    """Before, between and after: the address stays suppressed, also under the new key alone."""
    application_id = await desk.application()
    subscription, _ = await register(desk, application_id, desk.keyring)
    await suppress(desk, application_id, desk.vault, reason)
    assert await refused(desk, application_id, subscription) == ["suppressed"]
    both = Keyring((Keyring.generate("k2").keys[0], *desk.keyring.keys))
    rotate = RotateKeys(
        audience=World(desk.shop.engine, both).audience,
        credentials=World(desk.shop.engine, both).credentials,
        identity_keys=World(desk.shop.engine, both).identity_keys,
        operators=World(desk.shop.engine, both).operators,
        webhooks=World(desk.shop.engine, both).webhooks,
        vault=AesGcmVault(both),
    )
    await rotate(RotateKeysCommand(batch_size=100))
    assert await refused(desk, application_id, subscription) == ["suppressed"]
    key_ids = await desk.shop.connection.fetch("SELECT index_key_id FROM suppression")
    assert [row["index_key_id"] for row in key_ids] == ["k2"]


async def test_an_address_that_comes_back_finds_its_suppression_of_an_older_key(desk: Desk) -> None:
    """Its subscription was deleted before the rotation; it is registered anew after it."""
    application_id = await desk.application()
    await suppress(desk, application_id, desk.vault, SuppressionReason.BLOCKED)
    both = Keyring((Keyring.generate("k2").keys[0], *desk.keyring.keys))
    subscription, status = await register(desk, application_id, both)
    assert status == -54
    assert await refused(desk, application_id, subscription) == ["suppressed"]
