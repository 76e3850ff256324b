"""Shops, people and their phones: what steps of every context do with the audience."""

from __future__ import annotations

import json
import secrets
from uuid import uuid4

from application.applications.commands import (
    CreateApplicationCommand,
    IssueKeyCommand,
    SetCredentialCommand,
)
from application.audience.commands import (
    ChangeTagsCommand,
    LoginCommand,
    LogoutCommand,
    ReadSubscriptionCommand,
    RegisterSubscriptionCommand,
    Registration,
    UpdateSubscriptionCommand,
)
from application.audience.views import Registered, SubscriptionView
from domain.audience.device import Permission
from domain.audience.subscription_event import ChangeSource
from domain.shared.channels import SubscriptionType
from domain.shared.json_values import Json
from tests.bdd.world import Phone, Shop, World

TYPES = {
    "iPhone": SubscriptionType.IOS_PUSH,
    "iPad": SubscriptionType.IOS_PUSH,
    "아이폰": SubscriptionType.IOS_PUSH,
    "아이패드": SubscriptionType.IOS_PUSH,
    "Android phone": SubscriptionType.ANDROID_PUSH,
    "안드로이드폰": SubscriptionType.ANDROID_PUSH,
}


def open_shop(world: World, name: str, *, credentials: bool = True, **settings: Json) -> Shop:
    """A new application with a key and, unless told otherwise, credentials.

    Google's are entered with the first Android phone: checking an RSA key takes longer than the rest of a scenario.
    """
    command = CreateApplicationCommand(name=name, settings=settings)
    application = world.run(world.use_cases.create_application()(command))
    issued = world.run(
        world.use_cases.issue_key()(IssueKeyCommand(application_id=application.id, label="server"))
    )
    shop = Shop(name, application.id, {"first": issued.plain})
    if credentials:
        enter_credentials(world, shop, "apns", world.providers.apple_fields(world.providers.apple_key))
    world.shops[name] = shop
    return shop


def enter_credentials(world: World, shop: Shop, provider: str, fields: dict[str, str]) -> None:
    """Enter a provider's credentials as an operator does; may be refused."""
    command = SetCredentialCommand(application_id=shop.id, provider=provider, fields=fields)
    world.attempt(world.use_cases.set_credential()(command))


def new_phone(world: World, name: str, shop: Shop | None = None) -> Phone:
    """A phone with the shop's app, not started yet; `name` ends with what it is, as in "Minsu's iPhone"."""
    kind = next(kind for kind in TYPES if name.endswith(kind))
    phone = Phone(name, shop or world.shop, TYPES[kind], str(uuid4()), secrets.token_hex(32))
    if phone.type is SubscriptionType.ANDROID_PUSH and not phone.shop.pushes_to_android:
        account = world.providers.google_account.file("https://oauth2.googleapis.com/token")
        enter_credentials(world, phone.shop, "fcm", {"service_account": json.dumps(account)})
        phone.shop.pushes_to_android = True
    world.phones[name] = phone
    return phone


def register(
    world: World,
    phone: Phone,
    type: SubscriptionType | None = None,
    *,
    token: str | None = None,
    permission: Permission | None = Permission.GRANTED,
    **more: object,
) -> Registered | None:
    """Register as the SDK does: the phone's push, or another channel with its address; None when refused."""
    type = type or phone.type
    if world.hands is not None:
        if type is phone.type:
            world.hands.start_app(phone)
        else:
            assert token is not None
            world.hands.enter_address(phone, type, token)
        return None
    command = RegisterSubscriptionCommand(
        application_id=phone.shop.id,
        source=ChangeSource.SDK,
        registration=Registration(
            type=type,
            token=(phone.token or None) if type is phone.type and token is None else token,
            install_id=phone.install_name,
            install_secret=phone.secret,
            permission=permission,
            **more,  # type: ignore[arg-type]
        ),
    )
    done = world.attempt(world.use_cases.register_subscription()(command))
    if done is not None:
        phone.secret = done.install_secret or phone.secret
        phone.install_id = done.subscription.install_id
        phone.subscriptions[type] = done.subscription.id
    return done


def log_in(world: World, phone: Phone, person: str) -> None:
    """What the app does when somebody logs in on the phone."""
    if world.hands is not None:
        return world.hands.do(phone, "login", [person])
    assert phone.install_id is not None
    command = LoginCommand(application_id=phone.shop.id, install_id=phone.install_id, external_id=person)
    world.attempt(world.use_cases.login()(command))


def log_out(world: World, phone: Phone) -> None:
    """What the app does when somebody logs out."""
    if world.hands is not None:
        return world.hands.do(phone, "logout")
    assert phone.install_id is not None
    command = LogoutCommand(application_id=phone.shop.id, install_id=phone.install_id)
    world.attempt(world.use_cases.logout()(command))


def tag(world: World, phone: Phone, tags: dict[str, Json]) -> None:
    """What the app does to remember something about the phone."""
    if world.hands is not None:
        return world.hands.do(phone, "addTags", tags)
    command = ChangeTagsCommand(
        application_id=phone.shop.id, subscription_id=phone.push, source=ChangeSource.SDK, set=tags
    )
    world.run(world.use_cases.change_tags()(command))


def report(world: World, phone: Phone, **changes: object) -> None:
    """What the app reports at its start, or when something changed on the phone; may be refused."""
    assert phone.install_id is not None
    command = UpdateSubscriptionCommand(
        application_id=phone.shop.id,
        subscription_id=phone.push,
        source=ChangeSource.SDK,
        install_id=phone.install_id,
        **changes,  # type: ignore[arg-type]
    )
    world.attempt(world.use_cases.update_subscription()(command))


def look_up(world: World, phone: Phone, type: SubscriptionType | None = None) -> SubscriptionView:
    """The subscription as the shop's server reads it."""
    return world.run(_look_up(world, phone, type))


async def _look_up(world: World, phone: Phone, type: SubscriptionType | None) -> SubscriptionView:
    command = ReadSubscriptionCommand(
        application_id=phone.shop.id, subscription_id=phone.subscriptions[type or phone.type]
    )
    return await world.use_cases.read_subscription()(command)


def wait_for_code(world: World, phone: Phone, code: int) -> None:
    """Wait until the phone's push subscription has the status."""

    async def holds() -> bool:
        return (await _look_up(world, phone, None)).subscription.subscription_status == code

    world.until(holds, f"the status of {phone.name} never became {code}")
