"""Unsubscribe whoever follows the way out of a mail: code -45 for the address, which stays suppressed from then on."""

from __future__ import annotations

from typing import Final

import attrs

from application.audience.sealing import open_token, token_indexes
from application.ports.addresses import AddressChange, Addresses
from application.ports.audience import Audience
from application.ports.clock import Clock
from application.ports.vault import SealBroken, Vault
from domain.audience.registration import SealedToken
from domain.audience.subscription import Subscription
from domain.messaging.links import Link, LinkKeys, LinkRefused, Purpose
from domain.shared.errors import NotFound

UNSUBSCRIBED_BY_LINK: Final = -45
REASON: Final = "unsubscribe_link"


@attrs.frozen(kw_only=True)
class UnsubscribeByLink:
    audience: Audience
    addresses: Addresses
    vault: Vault
    links: LinkKeys
    clock: Clock

    def check(self, token: str) -> Link:
        """What the link says; changes nothing. Raise NotFound for one that is not ours or has expired."""
        try:
            return self.links.read(token, Purpose.UNSUBSCRIBE, self.clock.now())
        except LinkRefused:
            raise NotFound("this link is not known, or no longer") from None

    async def __call__(self, token: str) -> bool:
        """Whether a subscription changed; a second time changes nothing. Raise NotFound, Unavailable.

        Also a deleted subscription's address is suppressed. One that has another address by now is left alone: whoever
        holds the old mail has no say about the new address.
        """
        link = self.check(token)
        async with self.audience.begin() as unit:
            subscription = await unit.subscriptions.get(link.application_id, link.subscription_id)
        address = subscription.token
        if address is None or _changed_since(subscription, link):
            return False
        now = self.clock.now()
        change = AddressChange(
            type=subscription.type,
            index=address.index,
            index_key_id=address.index_key_id,
            indexes=self._indexes(subscription, address),
            occurred_at=now,
            reason=REASON,
            code=UNSUBSCRIBED_BY_LINK,
        )
        return await self.addresses.report(link.application_id, [change], now) > 0

    def _indexes(self, subscription: Subscription, address: SealedToken) -> list[bytes]:
        """Under every key that another subscription of the same address may be indexed with."""
        try:
            text = open_token(self.vault, subscription.application_id, subscription.id, address)
        except SealBroken:
            return [address.index]
        return list(token_indexes(self.vault, subscription.application_id, text).all)


def _changed_since(subscription: Subscription, link: Link) -> bool:
    registered = subscription.token_registered_at
    # The link knows its time to the second.
    return registered is not None and registered.replace(microsecond=0) > link.issued_at
