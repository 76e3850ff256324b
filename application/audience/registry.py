"""The subscriptions that a call has locked, findable by token, by place and by address.

It stays true while subscriptions move: every look-up checks that what it found is still so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar
from uuid import UUID

from application.audience.sealing import TokenIndexes
from domain.audience.subscription import Subscription
from domain.shared.channels import SubscriptionType

Key = TypeVar("Key")


class Registry:
    """Rules of identity: one live push subscription per token, one per install and type, one address per user."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._by_token: dict[tuple[SubscriptionType, bytes], list[Subscription]] = {}
        self._by_install: dict[tuple[UUID, SubscriptionType], list[Subscription]] = {}
        for subscription in subscriptions:
            self.note(subscription)

    def note(self, subscription: Subscription) -> None:
        """Make a new or changed subscription findable."""
        if subscription.token is not None:
            _add(self._by_token, (subscription.type, subscription.token.index), subscription)
        if subscription.install_id is not None:
            _add(self._by_install, (subscription.install_id, subscription.type), subscription)

    def holder(self, type: SubscriptionType, indexes: TokenIndexes | None) -> Subscription | None:
        """The live push subscription that has this token."""
        return next(self._with_token(type, indexes), None)

    def placed(self, install_id: UUID, type: SubscriptionType) -> Subscription | None:
        """The live push or in-app subscription of an install."""
        return next((found for found in self._of(install_id, type) if not found.is_archived), None)

    def blocked(
        self, install_id: UUID, type: SubscriptionType, indexes: TokenIndexes | None
    ) -> Subscription | None:
        """An archived subscription of this install that the API had disabled: it must come back as it was."""
        for found in self._of(install_id, type):
            same = not found.is_messaging_channel or (indexes is not None and indexes.matches(found.token))
            if found.is_archived and found.api_disabled and same:
                return found
        return None

    def address_of_user(
        self, type: SubscriptionType, indexes: TokenIndexes, user_id: UUID
    ) -> Subscription | None:
        return next((found for found in self._with_token(type, indexes) if found.user_id == user_id), None)

    def anonymous_address(
        self, type: SubscriptionType, indexes: TokenIndexes, install_id: UUID | None
    ) -> Subscription | None:
        """An address that nobody is linked to belongs to the install it was registered on."""
        for found in self._with_token(type, indexes):
            if found.user_id is None and found.install_id == install_id:
                return found
        return None

    def current_user(self, install_id: UUID) -> UUID | None:
        """Who is logged in on an install: its push and in-app subscriptions say so."""
        for type in (
            SubscriptionType.IOS_PUSH,
            SubscriptionType.ANDROID_PUSH,
            SubscriptionType.IN_APP_MESSAGE,
        ):
            found = self.placed(install_id, type)
            if found is not None and found.user_id is not None:
                return found.user_id
        return None

    def _with_token(self, type: SubscriptionType, indexes: TokenIndexes | None) -> Iterator[Subscription]:
        if indexes is not None:
            for index in indexes.all:
                for found in self._by_token.get((type, index), ()):
                    if not found.is_archived and found.token is not None and found.token.index == index:
                        yield found

    def _of(self, install_id: UUID, type: SubscriptionType) -> Iterator[Subscription]:
        for found in self._by_install.get((install_id, type), ()):
            if found.install_id == install_id:
                yield found


def _add(index: dict[Key, list[Subscription]], key: Key, subscription: Subscription) -> None:
    found = index.setdefault(key, [])
    if not any(one is subscription for one in found):
        found.append(subscription)
