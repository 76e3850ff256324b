"""Read one subscription."""

from __future__ import annotations

import attrs

from application.audience.commands import ReadSubscriptionCommand
from application.audience.sealing import open_token
from application.audience.subscription_access import external_id_of
from application.audience.views import SubscriptionView
from application.ports.audience import Audience
from application.ports.vault import SealBroken, Vault
from domain.shared.errors import NotFound


@attrs.frozen(kw_only=True)
class ReadSubscription:
    audience: Audience
    vault: Vault

    async def __call__(self, command: ReadSubscriptionCommand) -> SubscriptionView:
        """Archived ones too, but not to an install; the token is None when it cannot be opened. Raise NotFound."""
        async with self.audience.begin() as unit:
            subscription = await unit.subscriptions.get(command.application_id, command.subscription_id)
            if command.install_id is not None and (
                subscription.install_id != command.install_id or subscription.is_archived
            ):
                raise NotFound("there is no such subscription")
            external_id = await external_id_of(unit, subscription)
        token = None
        if subscription.token is not None:
            try:
                token = open_token(
                    self.vault, subscription.application_id, subscription.id, subscription.token
                )
            except SealBroken:
                token = None
        return SubscriptionView(subscription, external_id, token)
