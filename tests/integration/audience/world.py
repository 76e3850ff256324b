"""The audience on a real database: every use case wired as the product wires it, and a clock that tests move."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import attrs
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.channels.push import plugin as push
from adapters.crypto.keyring import Keyring
from adapters.crypto.vault import AesGcmVault
from adapters.postgres.applications import PostgresApplications
from adapters.postgres.audience import PostgresAudience
from adapters.postgres.credentials import PostgresCredentials
from adapters.postgres.identity_keys import PostgresIdentityKeys
from adapters.postgres.operators import PostgresOperators
from adapters.postgres.pauses import PostgresPauses
from adapters.postgres.webhooks import PostgresWebhooks
from adapters.system.identifiers import SystemRandomness, Uuid7
from application.applications.commands import CreateApplicationCommand
from application.applications.create_application import CreateApplication
from application.audience.archive_subscription import ArchiveSubscription
from application.audience.archive_user import ArchiveUser
from application.audience.authenticate_install import AuthenticateInstall
from application.audience.change_properties import ChangeProperties
from application.audience.change_tags import ChangeTags
from application.audience.commands import (
    AuthenticateInstallCommand,
    ListSubscriptionEventsCommand,
    LoginCommand,
    LogoutCommand,
    ReadSubscriptionCommand,
    RegisterSubscriptionCommand,
    Registration,
    UpdateSubscriptionCommand,
)
from application.audience.disable_subscription import DisableSubscription
from application.audience.enable_subscription import EnableSubscription
from application.audience.list_subscription_events import ListSubscriptionEvents
from application.audience.list_subscriptions import ListSubscriptions
from application.audience.list_users import ListUsers
from application.audience.login import Login
from application.audience.logout import Logout
from application.audience.put_user import PutUser
from application.audience.read_subscription import ReadSubscription
from application.audience.read_user import ReadUser
from application.audience.register_subscription import RegisterSubscription
from application.audience.register_subscriptions import RegisterSubscriptions
from application.audience.rotate_keys import RotateKeys
from application.audience.update_subscription import UpdateSubscription
from application.audience.update_user import UpdateUser
from application.audience.views import LoggedIn, LoggedOut, Registered, SubscriptionView
from application.ports.provider_directory import ProviderDirectory
from domain.audience.device import Permission
from domain.audience.subscription_event import ChangeSource
from domain.shared.channels import SubscriptionType
from domain.shared.json_values import Json

IOS, ANDROID = SubscriptionType.IOS_PUSH, SubscriptionType.ANDROID_PUSH
EMAIL, SMS, KAKAO = SubscriptionType.EMAIL, SubscriptionType.SMS, SubscriptionType.KAKAO_TALK
IN_APP = SubscriptionType.IN_APP_MESSAGE


class Hands:
    """A clock that stands where a test put it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def turn(self, **by: float) -> datetime:
        self.time += timedelta(**by)
        return self.time


@attrs.define
class Phone:
    """One install, with what its SDK remembers."""

    name: str
    secret: str | None = None
    row_id: UUID | None = None

    @property
    def id(self) -> UUID:
        assert self.row_id is not None
        return self.row_id


class World:
    """`engine` may be shared by several worlds: processes with different keys, say."""

    def __init__(self, engine: AsyncEngine, keyring: Keyring | None = None) -> None:
        self.engine = engine
        self.clock = Hands()
        self.keyring = keyring or Keyring.generate()
        self.vault = AesGcmVault(self.keyring)
        self.identifiers, self.randomness = Uuid7(), SystemRandomness()
        self.applications = PostgresApplications(engine)
        self.audience = PostgresAudience(engine)
        self.credentials = PostgresCredentials(engine)
        self.pauses, self.providers = PostgresPauses(engine), ProviderDirectory([push])
        ids, clock, audience, applications = self.identifiers, self.clock, self.audience, self.applications
        self.create_application = CreateApplication(
            applications=applications, clock=clock, identifiers=ids, providers=self.providers
        )
        self.register_with(self.providers)
        self.update_subscription = UpdateSubscription(
            applications=applications,
            audience=audience,
            vault=self.vault,
            clock=clock,
            identifiers=ids,
            providers=self.providers,
        )
        self.read_subscription = ReadSubscription(audience=audience, vault=self.vault)
        self.list_subscriptions = ListSubscriptions(audience=audience)
        self.list_subscription_events = ListSubscriptionEvents(audience=audience)
        self.change_tags = ChangeTags(audience=audience, clock=clock, identifiers=ids)
        self.archive_subscription = ArchiveSubscription(audience=audience, clock=clock, identifiers=ids)
        self.disable_subscription = DisableSubscription(audience=audience, clock=clock, identifiers=ids)
        self.enable_subscription = EnableSubscription(audience=audience, clock=clock, identifiers=ids)
        self.put_user = PutUser(applications=applications, audience=audience, clock=clock, identifiers=ids)
        self.read_user, self.list_users = ReadUser(audience=audience), ListUsers(audience=audience)
        self.update_user = UpdateUser(audience=audience)
        self.archive_user = ArchiveUser(audience=audience, clock=clock)
        self.authenticate_install = AuthenticateInstall(
            applications=applications, audience=audience, clock=clock
        )
        self.change_properties = ChangeProperties(audience=audience, clock=clock)
        self.log_in = Login(
            applications=applications,
            audience=audience,
            vault=self.vault,
            clock=clock,
            identifiers=ids,
        )
        self.log_out = Logout(applications=applications, audience=audience, clock=clock, identifiers=ids)
        self.identity_keys = PostgresIdentityKeys(engine)
        self.operators = PostgresOperators(engine)
        self.webhooks = PostgresWebhooks(engine)
        self.rotate_keys = RotateKeys(
            webhooks=self.webhooks,
            audience=audience,
            credentials=self.credentials,
            identity_keys=self.identity_keys,
            operators=self.operators,
            vault=self.vault,
        )

    def register_with(self, providers: ProviderDirectory) -> None:
        """Register subscriptions by the rules of these channels."""
        self.register_subscriptions = RegisterSubscriptions(
            applications=self.applications,
            audience=self.audience,
            vault=self.vault,
            clock=self.clock,
            identifiers=self.identifiers,
            randomness=self.randomness,
            providers=providers,
        )
        self.register_subscription = RegisterSubscription(register_subscriptions=self.register_subscriptions)

    async def app(self, **settings: Json) -> UUID:
        command = CreateApplicationCommand(name=f"shop {secrets.token_hex(2)}", settings=settings)
        return (await self.create_application(command)).id

    async def device(
        self,
        app: UUID,
        phone: Phone,
        type: SubscriptionType = IOS,
        token: str | None = None,
        *,
        permission: Permission | None = Permission.GRANTED,
        **more: object,
    ) -> Registered:
        """Register as the SDK does."""
        registration = Registration(
            type=type,
            token=token,
            install_id=phone.name,
            install_secret=phone.secret,
            permission=permission,
            **more,  # type: ignore[arg-type]
        )
        command = RegisterSubscriptionCommand(
            application_id=app, source=ChangeSource.SDK, registration=registration
        )
        registered = await self.register_subscription(command)
        phone.secret = registered.install_secret or phone.secret
        phone.row_id = registered.subscription.install_id
        return registered

    async def upload(
        self, app: UUID, type: SubscriptionType, token: str | None, **more: object
    ) -> Registered:
        """Register as a server does."""
        registration = Registration(type=type, token=token, **more)  # type: ignore[arg-type]
        return await self.register_subscription(
            RegisterSubscriptionCommand(
                application_id=app, source=ChangeSource.API, registration=registration
            )
        )

    async def start(
        self, app: UUID, phone: Phone, subscription_id: UUID, **changes: object
    ) -> SubscriptionView:
        """Update as the SDK does, at the start of the app or when something changed."""
        return await self.update_subscription(
            UpdateSubscriptionCommand(
                application_id=app,
                subscription_id=subscription_id,
                source=ChangeSource.SDK,
                install_id=phone.id,
                **changes,  # type: ignore[arg-type]
            )
        )

    async def login(self, app: UUID, phone: Phone, external_id: str, *ids: UUID) -> LoggedIn:
        return await self.log_in(
            LoginCommand(
                application_id=app, install_id=phone.id, external_id=external_id, subscription_ids=ids
            )
        )

    async def logout(self, app: UUID, phone: Phone, *ids: UUID) -> LoggedOut:
        return await self.log_out(
            LogoutCommand(application_id=app, install_id=phone.id, subscription_ids=ids)
        )

    async def authenticate(self, app: UUID, phone: Phone, secret: str | None = None) -> None:
        await self.authenticate_install(
            AuthenticateInstallCommand(
                application_id=app, install_id=phone.name, secret=secret or phone.secret or ""
            )
        )

    async def read(self, app: UUID, subscription_id: UUID) -> SubscriptionView:
        return await self.read_subscription(
            ReadSubscriptionCommand(application_id=app, subscription_id=subscription_id)
        )

    async def history(self, app: UUID, subscription_id: UUID) -> list[tuple[str, str | None]]:
        """(event type, reason) in the order in which it happened."""
        page = await self.list_subscription_events(
            ListSubscriptionEventsCommand(application_id=app, subscription_id=subscription_id, limit=200)
        )
        return [(event.event_type.value, event.reason) for event in page.items]

    async def set_by_worker(self, subscription_id: UUID, code: int) -> None:
        """What settling a send does: the status alone, while the subscription is one."""
        async with self.engine.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE subscription SET subscription_status = :code, unsubscribed_at = now()"
                    " WHERE id = :id AND subscription_status >= 1"
                ),
                {"code": code, "id": subscription_id},
            )


def phone() -> Phone:
    return Phone(str(uuid4()))


def token() -> str:
    """A token that no other test uses, good for APNs and FCM."""
    return secrets.token_hex(32)
