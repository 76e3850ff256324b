"""Suppress an address: nobody writes to it on this channel again, whoever registers it."""

from __future__ import annotations

from uuid import UUID

import attrs

from application.audience.sealing import token_indexes
from application.ports.addresses import Addresses, NewSuppression
from application.ports.clock import Clock
from application.ports.provider_directory import ProviderDirectory
from application.ports.vault import Vault
from domain.audience.address import parse_address
from domain.audience.suppression import WITHOUT_ADDRESSES, Suppression, SuppressionReason
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import InvalidInput


@attrs.frozen(slots=True, kw_only=True)
class SuppressAddressCommand:
    application_id: UUID
    channel: Channel
    address: str = attrs.field(repr=False)
    reason: SuppressionReason = SuppressionReason.MANUAL


@attrs.frozen(kw_only=True)
class SuppressAddress:
    addresses: Addresses
    vault: Vault
    clock: Clock
    providers: ProviderDirectory

    async def __call__(self, command: SuppressAddressCommand) -> Suppression:
        """The suppression that stands from now on, or stood before. Raise InvalidInput, or NotFound without such an
        application."""
        text = canonical_address(self.providers, command.channel, command.address)
        indexes = token_indexes(self.vault, command.application_id, text)
        new = NewSuppression(command.channel, indexes.current, indexes.key_id, indexes.all, command.reason)
        return await self.addresses.suppress(command.application_id, new, self.clock.now())


def canonical_address(providers: ProviderDirectory, channel: Channel, address: str) -> str:
    """The form in which an address of this channel is indexed; raise InvalidInput for one that can be none."""
    if channel in WITHOUT_ADDRESSES:
        raise InvalidInput(
            f"{channel.wire} has no addresses",
            field="channel",
            fix="name a channel with addresses, such as email",
        )
    type = next(one for one in SubscriptionType if one.channel is channel)
    parsed = parse_address(type, address)
    if parsed.fault is not None:
        raise InvalidInput(
            f"address is no address of {channel.wire}", field="address", fix="send it as it is registered"
        )
    return providers.canonical_address(type, parsed.text)
