"""Steps of features/audience/{subscription_status,status_catalogue}.feature: what phones, people and the shop decide."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from application.audience.commands import (
    DisableSubscriptionCommand,
    EnableSubscriptionCommand,
    ListSubscriptionEventsCommand,
)
from domain.audience.device import Permission
from domain.audience.status_catalogue import CATALOGUE, CodeRange
from domain.audience.subscription_status import SubscriptionStatus
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput
from tests.bdd.people import look_up, new_phone, register, report
from tests.bdd.wording import PHONE
from tests.bdd.world import World

scenarios(
    "../../features/audience/subscription_status.feature", "../../features/audience/status_catalogue.feature"
)

PERMISSIONS = {
    "allowed": Permission.GRANTED,
    "not asked about yet": Permission.NOT_ASKED,
    "asked about, no answer": Permission.PENDING,
    "forbidden": Permission.DENIED,
}
CHANNELS = {"e-mail": SubscriptionType.EMAIL, "SMS": SubscriptionType.SMS}


@given(parsers.re(rf"the app runs on {PHONE}"))
def app_runs(world: World, phone: str) -> None:
    register(world, new_phone(world, phone))


@given(
    parsers.re(rf"the app starts for the first time on {PHONE}, where notifications are (?P<permission>.+)")
)
@when(
    parsers.re(rf"the app starts for the first time on {PHONE}, where notifications are (?P<permission>.+)")
)
def first_start(world: World, phone: str, permission: str) -> None:
    register(world, new_phone(world, phone), permission=PERMISSIONS[permission])


@when(parsers.re(rf"the app starts for the first time on {PHONE}, which has no token yet"))
def first_start_without_token(world: World, phone: str) -> None:
    made = new_phone(world, phone)
    made.token = ""
    register(world, made)


@given(parsers.re(rf"notifications got (?P<permission>\w+) on {PHONE}"))
@when(parsers.re(rf"notifications get (?P<permission>\w+) on {PHONE}"))
def permission_changes(world: World, phone: str, permission: str) -> None:
    report(world, world.phones[phone], permission=PERMISSIONS[permission])


@when(parsers.re(rf"{PHONE} reports the fault (?P<fault>-\d+)"))
def reports_fault(world: World, phone: str, fault: str) -> None:
    report(world, world.phones[phone], push_error=int(fault))


@when(parsers.re(rf"{PHONE} gets a new token"))
def new_token(world: World, phone: str) -> None:
    report(world, world.phones[phone], token=secrets.token_hex(32))


@when(parsers.re(rf"the app starts again on {PHONE}"))
def starts_again(world: World, phone: str) -> None:
    register(world, world.phones[phone])


@given(parsers.re(r"(?P<person>\w+) has switched (?:his|her) notifications (?P<way>on|off)"))
@when(parsers.re(r"(?P<person>\w+) switches (?:his|her) notifications (?P<way>on|off)"))
def switches(world: World, person: str, way: str) -> None:
    for phone in world.phones.values():
        if phone.name.startswith(f"{person}'s "):
            report(world, phone, enabled=way == "on")


@given(parsers.re(rf"the shop has disabled {PHONE}"))
@when(parsers.re(rf"the shop disables {PHONE}"))
def shop_disables(world: World, phone: str) -> None:
    one = world.phones[phone]
    command = DisableSubscriptionCommand(application_id=one.shop.id, subscription_id=one.push)
    world.run(world.use_cases.disable_subscription()(command))


@when(parsers.re(rf"the shop enables {PHONE}"))
def shop_enables(world: World, phone: str) -> None:
    one = world.phones[phone]
    command = EnableSubscriptionCommand(application_id=one.shop.id, subscription_id=one.push)
    world.run(world.use_cases.enable_subscription()(command))


@when(
    parsers.re(
        r'(?P<person>\w+) enters the (?P<channel>[\w-]+) address "(?P<address>[^"]+)"(?P<opt_in>, which .+)?'
    )
)
def enters_address(world: World, person: str, channel: str, address: str, opt_in: str | None) -> None:
    (phone,) = world.phones.values()
    register(
        world, phone, CHANNELS[channel], token=address, permission=None, double_opt_in=opt_in is not None
    )


@then(parsers.parse("the {channel} address has the status {status:d}"))
def address_status(world: World, channel: str, status: int) -> None:
    (phone,) = world.phones.values()
    assert look_up(world, phone, CHANNELS[channel]).subscription.subscription_status == status


@then(parsers.re(rf"{PHONE} has the status (?P<status>-?\d+)"))
def has_status(world: World, phone: str, status: str) -> None:
    assert look_up(world, world.phones[phone]).subscription.subscription_status == int(status)


@then(parsers.re(r"it cannot be reached, because (?P<why>.+)"))
def cannot_be_reached(world: World, why: str) -> None:
    (phone,) = world.phones.values()
    one = look_up(world, phone).subscription
    by_somebody = why == "somebody unsubscribed it"
    assert (one.is_subscribed, one.is_unsubscribed, one.has_error) == (False, by_somebody, not by_somebody)
    assert one.error_code_range is (CodeRange.OTHER if by_somebody else CodeRange.PUSH)


@then(parsers.re(rf"the history of {PHONE} reads"))
def history_reads(world: World, phone: str, datatable: list[list[str]]) -> None:
    one = world.phones[phone]
    command = ListSubscriptionEventsCommand(application_id=one.shop.id, subscription_id=one.push)
    page = world.run(world.use_cases.list_subscription_events()(command))
    assert [[event.event_type, event.reason] for event in page.items] == datatable[1:]


def codes(text: str) -> list[int]:
    """Of "-3 to -24" or "0, -99"."""
    if " to " in text:
        first, last = (int(number) for number in text.split(" to "))
        return list(range(first, last - 1, -1))
    return [int(number) for number in re.findall(r"-?\d+", text)]


@then("the codes mean")
def codes_mean(datatable: list[list[str]]) -> None:
    told: dict[int, list[Any]] = {}
    for text, *meaning in datatable[1:]:
        told.update(dict.fromkeys(codes(text), meaning))
    for code, meaning in told.items():
        status = SubscriptionStatus(code)
        facts = (status.is_subscribed, status.is_unsubscribed, status.has_error)
        assert [status.error_code_range.value, *("yes" if one else "no" for one in facts)] == meaning, code
    settable = {code for code, line in CATALOGUE.items() if not line.is_message_only}
    assert settable <= told.keys()


@then(parsers.parse("{code:d} is no status that a subscription can have"))
def no_status(code: int) -> None:
    assert code in CATALOGUE
    with pytest.raises(InvalidInput):
        SubscriptionStatus(code)
