"""The preference page's use cases: who holds a signed link sees and changes what they get, without a login."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

from application.audience.confirmation_request import newly_waiting
from application.audience.history import store_changed
from application.audience.sealing import open_token, token_indexes
from application.audience.transact import transact
from application.ports.addresses import AddressChange, Addresses
from application.ports.applications import Applications
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.topic_choices import TopicChoices
from application.ports.vault import SealBroken, Vault
from domain.applications.application import Application
from domain.audience.preference import OPT_OUT_CODES, is_on, masked, may_switch
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeReason, ChangeSource
from domain.messaging.links import Link, LinkKeys, LinkRefused, Purpose
from domain.shared.channels import SubscriptionType
from domain.shared.errors import NotFound

NOBODY: Final = UUID(int=0)
"""Stands in a link for the user of a subscription that is nobody's."""
MOST: Final = 100
"""Subscriptions on a page."""


@attrs.frozen(slots=True)
class ChannelChoice:
    """One subscription, as its owner sees it."""

    subscription_id: UUID
    type: SubscriptionType
    label: str
    """The address, masked; the device's model for apps; may be empty."""
    status: int
    is_on: bool
    may_switch: bool


@attrs.frozen(slots=True)
class TopicChoice:
    key: str
    ko: str
    en: str
    is_on: bool


@attrs.frozen(slots=True)
class Preferences:
    """All that the page shows."""

    application_name: str
    channels: Sequence[ChannelChoice]
    topics: Sequence[TopicChoice]
    """None for a subscription that is nobody's: choices are a user's."""


@attrs.frozen(kw_only=True)
class RecipientPreferences:
    """`read(token)` and `change(token, …)`; both raise NotFound for a link that is not ours or leads nowhere any more."""

    applications: Applications
    audience: Audience
    addresses: Addresses
    topics: TopicChoices
    vault: Vault
    links: LinkKeys
    identifiers: Identifiers
    clock: Clock

    async def read(self, token: str) -> Preferences:
        """Changes nothing."""
        link = self._link(token)
        application = await self.applications.get(link.application_id)
        found = await self._subscriptions(link)
        return Preferences(
            application.name,
            [self._channel(one) for one in found],
            await self._topics(application, link.message_id),
        )

    async def change(self, token: str, *, on: Collection[UUID], topics: Collection[str]) -> Preferences:
        """Exactly what is named is on afterwards, as far as it may be switched; what is named and not theirs is ignored."""
        link = self._link(token)
        application = await self.applications.get(link.application_id)
        now = self.clock.now()
        for one in await self._subscriptions(link):
            wanted = one.id in on
            if wanted != is_on(one.subscription_status) and may_switch(one.type, one.subscription_status):
                await self._switch(one, wanted, now)
        if link.message_id != NOBODY:
            known = {topic.key for topic in application.settings.topics}
            await self.topics.choose(
                link.application_id,
                link.message_id,
                off=known - set(topics),
                on=known & set(topics),
                now=now,
            )
        return await self.read(token)

    def _link(self, token: str) -> Link:
        try:
            return self.links.read(token, Purpose.PREFERENCES, self.clock.now())
        except LinkRefused:
            raise NotFound("this link is not known, or no longer") from None

    async def _subscriptions(self, link: Link) -> Sequence[Subscription]:
        async with self.audience.begin() as unit:
            named = await unit.subscriptions.get(link.application_id, link.subscription_id)
            if link.message_id == NOBODY:
                registered = named.token_registered_at
                # The link knows its time to the second.
                moved = registered is not None and registered.replace(microsecond=0) > link.issued_at
                found: Sequence[Subscription] = () if named.is_archived or moved else (named,)
            else:
                found = await unit.subscriptions.list(
                    link.application_id,
                    user_id=link.message_id,
                    type=None,
                    subscribed=None,
                    include_archived=False,
                    after=None,
                    limit=MOST,
                )
        if not found:
            raise NotFound("this link is not known, or no longer")
        return found

    def _channel(self, one: Subscription) -> ChannelChoice:
        status = one.subscription_status
        label = one.device_model or ""
        if one.is_messaging_channel:
            text = self._address(one)
            label = "" if text is None else masked(one.type, text)
        return ChannelChoice(one.id, one.type, label, status, is_on(status), may_switch(one.type, status))

    async def _topics(self, application: Application, user_id: UUID) -> Sequence[TopicChoice]:
        if user_id == NOBODY or not application.settings.topics:
            return ()
        off = await self.topics.switched_off(application.id, user_id)
        return [
            TopicChoice(one.key, one.ko, one.en, one.key not in off) for one in application.settings.topics
        ]

    async def _switch(self, one: Subscription, wanted: bool, now: datetime) -> None:
        code = OPT_OUT_CODES.get(one.type)
        if code is not None and one.token is not None:
            text = self._address(one)
            indexes = (
                [one.token.index]
                if text is None
                else list(token_indexes(self.vault, one.application_id, text).all)
            )
            change = AddressChange(
                type=one.type,
                index=one.token.index,
                index_key_id=one.token.index_key_id,
                indexes=indexes,
                occurred_at=now,
                reason=ChangeReason.PREFERENCES,
                code=None if wanted else code,
                clears=frozenset({code}) if wanted else frozenset(),
            )
            await self.addresses.report(one.application_id, [change], now)
            if not wanted:
                return
        await transact(self.audience, lambda unit: self._set(unit, one, wanted, now))

    async def _set(self, unit: AudienceUnit, one: Subscription, wanted: bool, now: datetime) -> None:
        for found in await unit.subscriptions.lock(one.application_id, [one.id]):
            if not found.is_archived:
                found.choose(
                    wanted, lifts=OPT_OUT_CODES.get(one.type), source=ChangeSource.RECIPIENT, now=now
                )
                waiting = newly_waiting([found], now)
                await store_changed(unit.subscriptions, [found], self.identifiers)
                await unit.confirmations.ask(waiting, now)

    def _address(self, one: Subscription) -> str | None:
        if one.token is None:
            return None
        try:
            return open_token(self.vault, one.application_id, one.id, one.token)
        except SealBroken:
            return None
