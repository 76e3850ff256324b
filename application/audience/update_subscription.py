"""Change a subscription: token, permission, switches, device, tags. Also how an app says that it was started."""

from __future__ import annotations

from collections.abc import Collection

import attrs

from application.audience.commands import UpdateSubscriptionCommand
from application.audience.confirmation_request import must_confirm, newly_waiting
from application.audience.history import store_changed
from application.audience.registration_check import check_by_channel
from application.audience.registry import Registry
from application.audience.sealing import TokenIndexes, seal_token, token_indexes
from application.audience.subscription_access import external_id_of, lock_subscription
from application.audience.transact import transact
from application.audience.views import SubscriptionView
from application.ports.applications import Applications
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.provider_directory import ProviderDirectory
from application.ports.vault import Vault
from domain.audience.address import parse_address
from domain.audience.registration import SealedToken, SubscriptionUpdate
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeReason, ChangeSource
from domain.shared.channels import Channel
from domain.shared.errors import AlreadyExists
from domain.shared.unset import Unset


@attrs.frozen(kw_only=True)
class UpdateSubscription:
    applications: Applications
    audience: Audience
    vault: Vault
    clock: Clock
    identifiers: Identifiers
    providers: ProviderDirectory

    async def __call__(self, command: UpdateSubscriptionCommand) -> SubscriptionView:
        """Raise NotFound, InvalidInput naming the field, or AlreadyExists (with the other's `subscription_id`) when
        the user has this address already. A push token that another subscription holds moves here.

        Another address waits for a confirmation of its own where the application wants that.
        """
        confirmed: Collection[str] = ()
        if not isinstance(command.token, Unset):
            # Read before the transaction: nobody holds one connection while waiting for another.
            confirmed = (await self.applications.get(command.application_id)).settings.double_opt_in
        return await transact(self.audience, lambda unit: self._update(unit, command, confirmed))

    async def _update(
        self, unit: AudienceUnit, command: UpdateSubscriptionCommand, confirmed: Collection[str]
    ) -> SubscriptionView:
        now = self.clock.now()
        indexes: TokenIndexes | None = None
        text: str | None = None
        fault: int | None = None
        changed: list[Subscription] = []
        if not isinstance(command.token, Unset):
            before = await unit.subscriptions.get(command.application_id, command.subscription_id)
            reported = command.device.country_code
            country = before.country_code if isinstance(reported, Unset) else reported
            address = check_by_channel(
                before.type,
                parse_address(before.type, command.token, country),
                self.providers.canonical_address,
            )
            assert address is not None
            text, fault = address.text, address.fault
            indexes = token_indexes(self.vault, command.application_id, text)
        subscription = await self._lock(unit, command, indexes)
        token: SealedToken | None = None
        again = indexes is not None and indexes.matches(subscription.token)
        if indexes is not None and text is not None and not again:
            loser = await self._other_holder(unit, subscription, indexes)
            if loser is not None:
                if loser.api_disabled:
                    subscription.disable_by_api(reason=ChangeReason.TOKEN_MOVED, now=now)
                loser.give_up_token(source=command.source, now=now)
                changed.append(loser)
            token = seal_token(self.vault, command.application_id, subscription.id, text, indexes)
        subscription.report(command.device, source=command.source, now=now)
        if not isinstance(command.tags, Unset):
            gone = tuple(key for key in subscription.tags if key not in command.tags)
            subscription.change_tags(set=command.tags, remove=gone, source=command.source, now=now)
        subscription.apply(
            SubscriptionUpdate(
                token=token,
                fault=fault if token is not None else None,
                token_again=again,
                permission=command.permission,
                error=command.push_error,
                enabled=command.enabled,
                await_confirmation=token is not None and must_confirm(subscription.type, None, confirmed),
            ),
            source=command.source,
            now=now,
        )
        if command.source is ChangeSource.SDK:
            subscription.touch(now)
            if subscription.user_id is not None:
                await unit.users.touch(command.application_id, [subscription.user_id], now)
        waiting = newly_waiting([subscription], now)
        await store_changed(unit.subscriptions, [*changed, subscription], self.identifiers)
        await unit.confirmations.ask(waiting, now)
        return SubscriptionView(subscription, await external_id_of(unit, subscription))

    async def _lock(
        self, unit: AudienceUnit, command: UpdateSubscriptionCommand, indexes: TokenIndexes | None
    ) -> Subscription:
        if indexes is not None:
            # Whatever may have to give the token up is locked at once, in the order of ids.
            await unit.subscriptions.lock_related(
                command.application_id,
                indexes=indexes.all,
                install_ids=[],
                ids=[command.subscription_id],
            )
        return await lock_subscription(
            unit, command.application_id, command.subscription_id, command.install_id
        )

    async def _other_holder(
        self, unit: AudienceUnit, subscription: Subscription, indexes: TokenIndexes
    ) -> Subscription | None:
        related = await unit.subscriptions.lock_related(
            subscription.application_id, indexes=indexes.all, install_ids=[]
        )
        registry = Registry(one for one in related if one.id != subscription.id)
        if subscription.type.channel is Channel.PUSH:
            return registry.holder(subscription.type, indexes)
        same = (
            registry.anonymous_address(subscription.type, indexes, subscription.install_id)
            if subscription.user_id is None
            else registry.address_of_user(subscription.type, indexes, subscription.user_id)
        )
        if same is not None:
            raise AlreadyExists(
                "this address is registered already",
                field="token",
                fix="use the subscription named in subscription_id",
                extra={"subscription_id": str(same.id)},
            )
        return None
