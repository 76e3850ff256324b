"""Confirm an address: by the code in the message, or by the link in the mail. What waited is subscribed from then on."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

from application.audience.history import store_changed
from application.audience.subscription_access import lock_subscription
from application.audience.transact import transact
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from application.ports.confirmations import Pending
from application.ports.identifiers import Identifiers
from application.ports.vault import Vault
from domain.audience.confirmation import MAX_TRIES
from domain.audience.status_catalogue import AWAITING_CONFIRMATION
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeSource
from domain.messaging.links import Link, LinkKeys, LinkRefused, Purpose
from domain.shared.errors import InvalidInput, NotFound

ASK_AGAIN: Final = "ask for another one with …/confirm/resend"


@attrs.frozen(slots=True, kw_only=True)
class ConfirmSubscriptionCommand:
    application_id: UUID
    subscription_id: UUID
    install_id: UUID | None
    code: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class ConfirmSubscription:
    audience: Audience
    vault: Vault
    links: LinkKeys
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: ConfirmSubscriptionCommand) -> Subscription:
        """Raise NotFound, or InvalidInput for a code that is wrong, was tried too often or has expired.

        One that waits for nothing is answered as it is: confirming twice changes nothing.
        """
        done = await transact(self.audience, lambda unit: self._by_code(unit, command))
        # Raised outside of the transaction: the try is counted.
        if isinstance(done, InvalidInput):
            raise done
        return done

    def check_link(self, token: str) -> Link:
        """What the link says; changes nothing. Raise NotFound for one that is not ours or has expired."""
        try:
            return self.links.read(token, Purpose.CONFIRM, self.clock.now())
        except LinkRefused:
            raise NotFound("this link is not known, or no longer") from None

    async def by_link(self, token: str) -> None:
        """Raise NotFound for a link that is not ours, has expired, or was followed by another mail."""
        link = self.check_link(token)
        await transact(self.audience, lambda unit: self._by_link(unit, link))

    async def _by_code(
        self, unit: AudienceUnit, command: ConfirmSubscriptionCommand
    ) -> Subscription | InvalidInput:
        subscription = await lock_subscription(
            unit, command.application_id, command.subscription_id, command.install_id
        )
        if not waits(subscription):
            return subscription
        now = self.clock.now()
        pending = await unit.confirmations.pending(subscription.id)
        if pending is None or pending.code_until is None or pending.code_until <= now:
            return InvalidInput("the code has expired", field="code", fix=ASK_AGAIN)
        if pending.tries >= MAX_TRIES:
            return InvalidInput("too many codes were tried", field="code", fix=ASK_AGAIN)
        await unit.confirmations.count_try(subscription.id)
        if not self._is(command, pending):
            return InvalidInput("the code is wrong", field="code", fix="send the code of the last message")
        await self._confirm(unit, subscription, ChangeSource.SDK, now)
        return subscription

    def _is(self, command: ConfirmSubscriptionCommand, pending: Pending) -> bool:
        if pending.code_hash is None or pending.code_key_id not in self.vault.key_ids():
            return False
        hashed, _ = self.vault.blind_index(
            f"{pending.confirmation_id} {command.code.strip()}",
            application_id=command.application_id,
            key_id=pending.code_key_id,
        )
        return hmac.compare_digest(hashed, pending.code_hash)

    async def _by_link(self, unit: AudienceUnit, link: Link) -> None:
        subscription = await lock_subscription(unit, link.application_id, link.subscription_id)
        if not waits(subscription):
            return
        pending = await unit.confirmations.pending(subscription.id)
        if pending is None or pending.confirmation_id != link.message_id:
            raise NotFound("this link is not known, or no longer")
        await self._confirm(unit, subscription, ChangeSource.RECIPIENT, self.clock.now())

    async def _confirm(
        self, unit: AudienceUnit, subscription: Subscription, source: ChangeSource, now: datetime
    ) -> None:
        subscription.confirm(source=source, now=now)
        await unit.confirmations.settle(subscription.id)
        await store_changed(unit.subscriptions, [subscription], self.identifiers)


def waits(subscription: Subscription) -> bool:
    """Whether it waits for a confirmation, or waited so long that nobody asks for one any more."""
    return AWAITING_CONFIRMATION in (subscription.standing_code, subscription.subscription_status)
