"""Ask for another confirmation message: the one before is void. Few a day go to one address, whoever asks."""

from __future__ import annotations

from uuid import UUID

import attrs

from application.audience.confirm_subscription import waits
from application.audience.confirmation_request import asked
from application.audience.history import store_changed
from application.audience.subscription_access import lock_subscription
from application.audience.transact import transact
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.audience.confirmation import wait_before_sending
from domain.audience.registration import SubscriptionUpdate
from domain.audience.status_catalogue import AWAITING_CONFIRMATION
from domain.audience.subscription_event import ChangeSource
from domain.shared.errors import Conflict, RateLimited


@attrs.frozen(slots=True, kw_only=True)
class ResendConfirmationCommand:
    application_id: UUID
    subscription_id: UUID
    install_id: UUID | None
    source: ChangeSource = ChangeSource.SDK


@attrs.frozen(kw_only=True)
class ResendConfirmation:
    audience: Audience
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: ResendConfirmationCommand) -> None:
        """Raise NotFound, Conflict when nothing waits for a confirmation, RateLimited with the time to wait."""
        await transact(self.audience, lambda unit: self._resend(unit, command))

    async def _resend(self, unit: AudienceUnit, command: ResendConfirmationCommand) -> None:
        now = self.clock.now()
        subscription = await lock_subscription(
            unit, command.application_id, command.subscription_id, command.install_id
        )
        if not waits(subscription) or subscription.token is None:
            raise Conflict(
                "this subscription waits for no confirmation",
                field="subscription_id",
                fix="read its subscription_status",
            )
        pending = await unit.confirmations.pending(subscription.id)
        if pending is not None and pending.is_due:
            return
        sent = await unit.confirmations.sent_to(subscription.application_id, subscription.token.index)
        wait = wait_before_sending(sent, now)
        if wait:
            raise RateLimited(
                "a confirmation was sent to this address lately", retry_after=max(1.0, wait.total_seconds())
            )
        if subscription.subscription_status != AWAITING_CONFIRMATION:
            subscription.apply(SubscriptionUpdate(), source=command.source, now=now)
            await store_changed(unit.subscriptions, [subscription], self.identifiers)
        if subscription.subscription_status != AWAITING_CONFIRMATION:
            raise Conflict(
                "this subscription is switched off", field="subscription_id", fix="switch it on first"
            )
        await unit.confirmations.ask([asked(subscription, now)], now)
