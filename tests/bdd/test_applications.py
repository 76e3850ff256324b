"""Steps of features/applications: keys, activity, credentials and pauses of a shop."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from pytest_bdd import given, parsers, scenarios, then, when

from application.applications.commands import (
    IssueKeyCommand,
    ListKeysCommand,
    ListPausesCommand,
    RevokeKeyCommand,
    UpdateApplicationCommand,
)
from domain.applications.api_key import ApiKey
from domain.applications.scopes import APPLICATION_DEFAULT, Scope
from tests.bdd.messages import order, send
from tests.bdd.people import enter_credentials, look_up, new_phone, open_shop, register
from tests.bdd.wording import span
from tests.bdd.world import World
from tests.integration.simulator.harness import ApnsKeyPair

scenarios("../../features/applications")

WITHOUT = "the shop without credentials"
BROKEN = {"too short": "TEAM", "missing": "", "no key": "-----BEGIN NOTHING-----"}


def plain_key(world: World, which: str) -> str:
    """The key that a step names."""
    keys = world.shop.keys
    if which == "no key":
        return ""
    if which == "an invented key":
        return f"as_live_{secrets.token_hex(8)}_{secrets.token_urlsafe(32)}"
    if which == "the shop's first key, one letter off":
        return keys["first"][:-1] + ("A" if keys["first"][-1] != "A" else "B")
    return keys[which.removeprefix("the shop's ").removesuffix(" key")]


@given(
    parsers.re(
        r"the shop has been given a (?P<which>second) key"
        r"(?: that is good for (?P<lifetime>.+)| that may (?P<reading>only read))?"
    )
)
@when(parsers.re(r"the shop is to be given a (?P<which>third) key"))
def issue(world: World, which: str, lifetime: str | None = None, reading: str | None = None) -> None:
    command = IssueKeyCommand(
        application_id=world.shop.id,
        label="server",
        scopes=frozenset({Scope.MESSAGES_READ}) if reading else APPLICATION_DEFAULT,
        expires_at=world.clock.now() + span(lifetime) if lifetime else None,
    )
    issued = world.attempt(world.use_cases.issue_key()(command))
    if issued is not None:
        world.shop.keys[which] = issued.plain


@when("the shop's first key is taken back")
def take_back(world: World) -> None:
    key_id = world.shop.keys["first"].split("_")[2]
    command = RevokeKeyCommand(application_id=world.shop.id, key_id=key_id)
    world.run(world.use_cases.revoke_key()(command))


@given(parsers.parse('"{title}" has been sent to {recipient} with {key}'))
@when(parsers.parse('"{title}" is sent to {recipient} with {key}'))
def send_with(world: World, title: str, recipient: str, key: str) -> None:
    send(world, order(world, title, [recipient]), key=plain_key(world, key))


@when(parsers.parse('the shop tries to send "{title}" in the name of the other shop to {recipient}'))
def send_as_other(world: World, title: str, recipient: str) -> None:
    command = order(world, title, [recipient], shop=world.shops["the other shop"])
    send(world, command, key=world.shop.keys["first"])


@then("nobody of that name is found")
def nobody_found(world: World) -> None:
    (answer,) = world.answers
    assert not answer.message_ids
    assert [error.code for error in answer.errors] == ["subscription_not_found"]


@when("an operator looks at the shop's keys", target_fixture="listed")
def list_keys(world: World) -> Sequence[ApiKey]:
    return world.run(world.use_cases.list_keys()(ListKeysCommand(application_id=world.shop.id)))


@then("the first key is listed, but cannot be learned from the list")
def not_learned(world: World, listed: Sequence[ApiKey]) -> None:
    (key,) = listed
    plain = world.shop.keys["first"]
    assert plain.split("_")[2] == key.id
    secret = plain.split("_", 3)[3]
    assert secret not in repr(key)
    assert secret.encode() not in key.secret_hash


@when(parsers.re(r"the shop is made (?P<activity>active|inactive)"))
def set_activity(world: World, activity: str) -> None:
    command = UpdateApplicationCommand(application_id=world.shop.id, is_active=activity == "active")
    world.run(world.use_cases.update_application()(command))


# Channels


@given("the shop's key for Apple is not the one that Apple knows")
def wrong_key(world: World) -> None:
    mistaken = ApnsKeyPair()
    enter_credentials(world, world.shop, "apns", world.providers.apple_fields(mistaken))


@when(parsers.re(r"(?P<shop>the shop(?: without credentials)?) enters the key that Apple knows"))
def right_key(world: World, shop: str) -> None:
    fields = world.providers.apple_fields(world.providers.apple_key)
    enter_credentials(world, world.shops[shop], "apns", fields)


@when(parsers.parse("the shop enters for Apple a {field} that is {what}"))
def broken_credentials(world: World, field: str, what: str) -> None:
    fields = {**world.providers.apple_fields(world.providers.apple_key), field: BROKEN[what]}
    enter_credentials(world, world.shop, "apns", fields)


@given(parsers.parse("a shop without credentials, whose customer's {phone} receives pushes"))
def shop_without(world: World, phone: str) -> None:
    register(world, new_phone(world, phone, open_shop(world, WITHOUT, credentials=False)))


@when(parsers.parse('the shop without credentials sends "{title}" to {recipient}'))
def send_without(world: World, title: str, recipient: str) -> None:
    send(world, order(world, title, [recipient], shop=world.shops[WITHOUT]))


@then("the shop's channels are open")
def channels_open(world: World) -> None:
    command = ListPausesCommand(application_id=world.shop.id)
    assert not world.run(world.use_cases.list_pauses()(command))


@then(parsers.parse("{phone} is still subscribed"))
def still_subscribed(world: World, phone: str) -> None:
    assert look_up(world, world.phones[phone]).subscription.is_subscribed
