"""Decides, on what a call has locked, which subscription each registration means, and applies it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from application.audience.registration_check import Checked
from application.audience.registry import Registry
from application.audience.sealing import seal_token
from application.ports.identifiers import Identifiers
from application.ports.vault import Vault
from domain.audience.install import Install
from domain.audience.registration import SealedToken, SubscriptionUpdate
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeReason, ChangeSource
from domain.audience.user import User
from domain.shared.channels import Channel, SubscriptionType


class RegistrationPlan:
    """Registers one after the other; `new` and `changed` are what must be stored in the end."""

    def __init__(
        self,
        *,
        application_id: UUID,
        source: ChangeSource,
        now: datetime,
        registry: Registry,
        installs: Mapping[str, Install],
        users: Mapping[str, User],
        vault: Vault,
        identifiers: Identifiers,
    ) -> None:
        self._application_id = application_id
        self._source = source
        self._now = now
        self._registry = registry
        self._installs = installs
        self._users = users
        self._vault = vault
        self._identifiers = identifiers
        self.new: dict[UUID, Subscription] = {}
        self.changed: dict[UUID, Subscription] = {}

    def register(self, checked: Checked) -> tuple[Subscription, bool]:
        """The subscription, and whether it was created; raise InvalidInput, changing nothing, for too many tags."""
        registration = checked.registration
        user = None if registration.external_id is None else self._users[registration.external_id]
        install = None if registration.install_id is None else self._installs[registration.install_id]
        install_id = None if install is None else install.id
        holder = None
        if registration.type.channel in (Channel.PUSH, Channel.IN_APP):
            owner = None if user is None else user.id
            found, holder = self._find_device(checked, install_id)
        else:
            owner = self._address_owner(user, install_id)
            found = self._find_address(checked, owner, install_id)
        if found is None and install_id is not None:
            found = self._registry.blocked(install_id, registration.type, checked.indexes)
        subscription = found or self._create(registration.type)
        subscription.change_tags(set=registration.tags, remove=(), source=self._source, now=self._now)
        if found is not None:
            self._touch(found)
        if subscription.is_archived:
            subscription.restore(source=self._source, now=self._now)
        if holder is not None:
            self._take_over(holder, subscription)
        self._fill(subscription, checked, owner, install_id, created=found is None)
        self._registry.note(subscription)
        return subscription, found is None

    def _fill(
        self,
        subscription: Subscription,
        checked: Checked,
        owner: UUID | None,
        install_id: UUID | None,
        *,
        created: bool,
    ) -> None:
        registration = checked.registration
        if install_id is not None and created:
            subscription.install_id = install_id
        elif install_id is not None:
            subscription.move_to_install(install_id, source=self._source, now=self._now)
        if owner is not None:
            subscription.link(owner, source=self._source, reason=ChangeReason.REGISTERED, now=self._now)
        subscription.report(registration.device, source=self._source, now=self._now)
        token, again = self._token(checked, subscription)
        subscription.apply(
            SubscriptionUpdate(
                token=token,
                fault=None if token is None or checked.address is None else checked.address.fault,
                token_again=again,
                permission=registration.permission,
                error=registration.push_error,
                enabled=registration.enabled,
                await_confirmation=checked.confirms and token is not None,
            ),
            source=self._source,
            now=self._now,
        )
        subscription.touch(self._now)

    def _find_device(
        self, checked: Checked, install_id: UUID | None
    ) -> tuple[Subscription | None, Subscription | None]:
        """The subscription that is meant, and the one that loses its token to it: the newest install wins."""
        type = checked.registration.type
        holder = self._registry.holder(type, checked.indexes)
        own = None if install_id is None else self._registry.placed(install_id, type)
        if own is None and holder is not None and (install_id is None or holder.install_id is None):
            return holder, None
        return own, None if holder is own else holder

    def _find_address(
        self, checked: Checked, owner: UUID | None, install_id: UUID | None
    ) -> Subscription | None:
        """An address is unique per user, and while nobody is linked per install: nobody takes over another's."""
        type, indexes = checked.registration.type, checked.indexes
        assert indexes is not None
        found = None if owner is None else self._registry.address_of_user(type, indexes, owner)
        if found is None and (owner is None or install_id is not None):
            found = self._registry.anonymous_address(type, indexes, install_id)
        return found

    def _create(self, type: SubscriptionType) -> Subscription:
        made = Subscription.create(
            self._identifiers.one(), self._application_id, type, source=self._source, now=self._now
        )
        self.new[made.id] = made
        return made

    def _address_owner(self, user: User | None, install_id: UUID | None) -> UUID | None:
        if user is not None:
            return user.id
        return None if install_id is None else self._registry.current_user(install_id)

    def _take_over(self, holder: Subscription, taker: Subscription) -> None:
        """What the API disabled stays disabled, whoever holds the token next."""
        if holder.api_disabled and not taker.api_disabled:
            taker.disable_by_api(reason=ChangeReason.TOKEN_MOVED, now=self._now)
        holder.give_up_token(source=self._source, now=self._now)
        self._touch(holder)

    def _token(self, checked: Checked, subscription: Subscription) -> tuple[SealedToken | None, bool]:
        """The token to take, and whether it is the one that is there."""
        if checked.address is None or checked.indexes is None:
            return None, False
        if checked.indexes.matches(subscription.token):
            return None, True
        text, indexes = checked.address.text, checked.indexes
        return seal_token(self._vault, self._application_id, subscription.id, text, indexes), False

    def _touch(self, subscription: Subscription) -> None:
        if subscription.id not in self.new:
            self.changed[subscription.id] = subscription
