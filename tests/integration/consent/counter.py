"""A shop whose customers confirm their addresses and choose what they get: real stores, played providers, real pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import attrs
import httpx
from starlette.applications import Starlette

from adapters.crypto.link_keys import link_keys
from adapters.postgres.addresses import PostgresAddresses
from adapters.postgres.applications import PostgresApplications
from adapters.postgres.audience import PostgresAudience
from adapters.postgres.confirmations import PostgresConfirmationQueue
from adapters.postgres.topic_choices import PostgresTopicChoices
from adapters.system.identifiers import SystemRandomness
from adapters.templating.engine import LiquidTemplating
from application.audience.archive_subscription import ArchiveSubscription
from application.audience.commands import (
    ArchiveSubscriptionCommand,
    RegisterSubscriptionCommand,
    Registration,
    UpdateSubscriptionCommand,
)
from application.audience.confirm_subscription import ConfirmSubscription, ConfirmSubscriptionCommand
from application.audience.preference_link import PreferenceLink
from application.audience.preferences import RecipientPreferences
from application.audience.register_subscription import RegisterSubscription
from application.audience.register_subscriptions import RegisterSubscriptions
from application.audience.resend_confirmation import ResendConfirmation, ResendConfirmationCommand
from application.audience.send_confirmations import SendConfirmations
from application.audience.update_subscription import UpdateSubscription
from application.messaging.post_confirmation import PostConfirmation
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeSource
from domain.messaging.links import LinkKeys
from domain.shared.channels import SubscriptionType
from entrypoints.links.consent import consent_endpoints
from entrypoints.links.guarding import LinkLimits
from tests.integration.channels.desk import Desk, open_desk
from tests.integration.channels.played import PlayedPlugin

PUBLIC = "https://signal.example"
EMAIL, SMS, KAKAO = SubscriptionType.EMAIL, SubscriptionType.SMS, SubscriptionType.KAKAO_TALK


@attrs.define
class Counter:
    """One application and the parts that consent needs."""

    desk: Desk
    application_id: UUID
    install: str = attrs.field(factory=lambda: str(uuid4()))
    secret: str | None = None

    @property
    def links(self) -> LinkKeys:
        return link_keys(self.desk.keyring)

    @property
    def audience(self) -> PostgresAudience:
        return PostgresAudience(self.desk.shop.engine)

    @property
    def applications(self) -> PostgresApplications:
        return PostgresApplications(self.desk.shop.engine)

    async def register(
        self, type: SubscriptionType, address: str, *, source: ChangeSource = ChangeSource.SDK, **more: object
    ) -> Subscription:
        """As the SDK does, unless told otherwise."""
        shop = self.desk.shop
        many = RegisterSubscriptions(
            applications=self.applications,
            audience=self.audience,
            vault=self.desk.vault,
            clock=shop.clock,
            identifiers=shop.ids,
            randomness=SystemRandomness(),
            providers=self.desk.directory,
        )
        own = source is ChangeSource.SDK
        registration = Registration(
            type=type,
            token=address,
            install_id=self.install if own else None,
            install_secret=self.secret if own else None,
            **more,  # type: ignore[arg-type]
        )
        done = await RegisterSubscription(register_subscriptions=many)(
            RegisterSubscriptionCommand(
                application_id=self.application_id, source=source, registration=registration
            )
        )
        self.secret = done.install_secret or self.secret
        return done.subscription

    async def report(self, subscription: Subscription, **changes: object) -> Subscription:
        """As the SDK does at each start of the app."""
        shop = self.desk.shop
        update = UpdateSubscription(
            applications=self.applications,
            audience=self.audience,
            vault=self.desk.vault,
            clock=shop.clock,
            identifiers=shop.ids,
            providers=self.desk.directory,
        )
        command = UpdateSubscriptionCommand(
            application_id=self.application_id,
            subscription_id=subscription.id,
            install_id=subscription.install_id,
            source=ChangeSource.SDK,
            **changes,  # type: ignore[arg-type]
        )
        return (await update(command)).subscription

    async def archive(self, subscription: Subscription) -> None:
        """As the SDK does when an address is taken out of the app."""
        shop = self.desk.shop
        use_case = ArchiveSubscription(audience=self.audience, clock=shop.clock, identifiers=shop.ids)
        await use_case(
            ArchiveSubscriptionCommand(
                application_id=self.application_id,
                subscription_id=subscription.id,
                source=ChangeSource.SDK,
            )
        )

    async def ask(self) -> int:
        """One look of the scheduler at what is due, and one of the worker."""
        shop = self.desk.shop
        send = SendConfirmations(
            confirmations=PostgresConfirmationQueue(shop.engine, shop.ids),
            post=PostConfirmation(shop.group, shop.profiles, LiquidTemplating(), PUBLIC),
            vault=self.desk.vault,
            links=self.links,
            randomness=SystemRandomness(),
            identifiers=shop.ids,
            clock=shop.clock,
        )
        done = await send()
        await self.desk.deliver()
        return done

    @property
    def confirmation(self) -> ConfirmSubscription:
        shop = self.desk.shop
        return ConfirmSubscription(
            audience=self.audience,
            vault=self.desk.vault,
            links=self.links,
            clock=shop.clock,
            identifiers=shop.ids,
        )

    async def confirm(self, subscription: Subscription, code: str) -> int:
        """The status afterwards."""
        command = ConfirmSubscriptionCommand(
            application_id=self.application_id,
            subscription_id=subscription.id,
            install_id=subscription.install_id,
            code=code,
        )
        return (await self.confirmation(command)).subscription_status

    async def resend(self, subscription: Subscription) -> None:
        shop = self.desk.shop
        use_case = ResendConfirmation(audience=self.audience, clock=shop.clock, identifiers=shop.ids)
        await use_case(
            ResendConfirmationCommand(
                application_id=self.application_id,
                subscription_id=subscription.id,
                install_id=subscription.install_id,
            )
        )

    def received(self, type: SubscriptionType) -> list[str]:
        """The texts that went out, in order."""
        return [str(one["text"]) for one in self.desk.plugins[type].sender.said]

    def code(self, type: SubscriptionType) -> str:
        """The code in the last message."""
        return re.findall(r"(?<!\d)\d{6}(?!\d)", self.received(type)[-1])[-1]

    def link(self) -> str:
        """The path of the link in the last mail."""
        return re.findall(rf"{PUBLIC}(/v/[\w-]+)", self.received(EMAIL)[-1])[-1]

    async def status(self, subscription: Subscription) -> int:
        return int(
            await self.desk.shop.connection.fetchval(
                "SELECT subscription_status FROM subscription WHERE id = $1", subscription.id
            )
        )

    async def preference_path(self, subscription: Subscription) -> str:
        """What the shop's server puts into its messages."""
        make = PreferenceLink(audience=self.audience, links=self.links, clock=self.desk.shop.clock)
        return f"/p/{(await make(self.application_id, subscription.id)).token}"

    def web(self, limits: LinkLimits | None = None) -> httpx.AsyncClient:
        """The pages, as recipients reach them."""
        shop = self.desk.shop
        preferences = RecipientPreferences(
            applications=self.applications,
            audience=self.audience,
            addresses=PostgresAddresses(shop.engine, shop.ids),
            topics=PostgresTopicChoices(shop.engine),
            vault=self.desk.vault,
            links=self.links,
            identifiers=shop.ids,
            clock=shop.clock,
        )
        routes = consent_endpoints(self.confirmation, preferences, limits or LinkLimits())
        return httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url=PUBLIC)


@asynccontextmanager
async def open_counter(database_url: str, **settings: object) -> AsyncIterator[Counter]:
    """E-mail, SMS and Kakao; `settings` are the application's."""
    async with open_desk(database_url, *(PlayedPlugin(type_) for type_ in (EMAIL, SMS, KAKAO))) as desk:
        yield Counter(desk, await desk.application(**settings))
