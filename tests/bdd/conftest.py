"""What scenarios of every context share: the world they live in, and the steps that several of them need."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_bdd import given, parsers, then, when

from application.applications.commands import PauseChannelCommand, ResumeChannelCommand
from application.quota.commands import ReadQuotaCommand
from domain.shared.errors import (
    Conflict,
    CreditExhausted,
    Forbidden,
    IdempotencyMismatch,
    IllegalTransition,
    InvalidInput,
    NotFound,
    QuotaExceeded,
    SignalError,
    Unauthenticated,
)
from tests.bdd.messages import order, read, send, wait_for_status
from tests.bdd.people import TYPES, log_in, new_phone, open_shop, register
from tests.bdd.push_providers import PROVIDER_OF, PushProviders
from tests.bdd.world import World, open_world
from tests.integration.simulator.harness import simulator

UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
REFUSALS: dict[str, type[SignalError]] = {
    "it is too late for that": IllegalTransition,
    "it was used for another request": IdempotencyMismatch,
    "the quota is used up": QuotaExceeded,
    "the credit does not cover it": CreditExhausted,
    "the key is not valid": Unauthenticated,
    "the key is not meant for that": Forbidden,
    "the shop is inactive": Forbidden,
    "there is no such thing in this shop": NotFound,
    "it cannot work like that": InvalidInput,
    "two keys are in use already": Conflict,
}


@pytest.fixture(scope="module")
def push_providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushProviders]:
    """Apple and Google for the scenarios of one module."""
    with simulator(tmp_path_factory.mktemp("simulator")) as running:
        yield PushProviders(running)


@pytest.fixture
def world(
    database_url: str, nats_url: str, stream_prefix: str, tmp_path: Path, push_providers: PushProviders
) -> Iterator[World]:
    """The world of this scenario."""
    push_providers.forget()
    with open_world(
        database_url=database_url,
        nats_url=nats_url,
        prefix=stream_prefix,
        folder=tmp_path,
        push_providers=push_providers,
    ) as opened:
        yield opened


def span(text: str) -> timedelta:
    """Of "an hour", "2 minutes" and the like."""
    number, unit = text.split()
    return timedelta(seconds=(1 if number in ("a", "an") else int(number)) * UNITS[unit.removesuffix("s")])


def names(text: str) -> list[str]:
    """Of "A, B and C"."""
    return text.replace(" and ", ", ").split(", ")


@given("a shop that pushes to iPhones and Android phones")
def a_shop(world: World) -> None:
    open_shop(world, "the shop")


@given(parsers.re(r"(?P<phone>\w+'s (?:iPhone|iPad|Android phone)) receives pushes"))
def a_phone(world: World, phone: str) -> None:
    made = new_phone(world, phone)
    register(world, made)
    log_in(world, made, phone.partition("'")[0])


@given(parsers.parse("{count:d} {kind}s that receive pushes"))
def many_phones(world: World, count: int, kind: str) -> None:
    for number in range(1, count + 1):
        register(world, new_phone(world, f"customer {number}'s {kind}"))


@given(parsers.re(r'the shop has sent "(?P<title>[^"]+)" to (?P<recipients>.+)'))
@when(parsers.re(r'the shop sends "(?P<title>[^"]+)" to (?P<recipients>[^,]+(?: and .+)?)'))
def shop_sends(world: World, title: str, recipients: str) -> None:
    send(world, order(world, title, names(recipients)))


@given(parsers.parse('"{title}" was sent'))
@then(parsers.parse('"{title}" becomes {status}'))
def becomes(world: World, title: str, status: str = "sent") -> None:
    wait_for_status(world, title, status)


@then(parsers.parse('"{title}" is {status}'))
def stays(world: World, title: str, status: str) -> None:
    """And goes on being so, whatever runs."""
    wait_for_status(world, title, status)
    world.be_still()
    wait_for_status(world, title, status)


@then(parsers.parse('"{title}" fails because of "{reason}"'))
def fails_because(world: World, title: str, reason: str) -> None:
    wait_for_status(world, title, "failed")
    assert [view.error_reason for view in read(world, title)] == [reason]


@then(parsers.re(r'(?P<provider>Apple|Google) took "(?P<title>[^"]+)" exactly once'))
def taken_once(world: World, provider: str, title: str) -> None:
    for id_ in world.messages[title].ids:
        assert world.providers.taken(id_, PROVIDER_OF[provider]) == 1
        assert world.providers.taken(id_) == 1


@then(parsers.re(r'nobody was asked to deliver "(?P<title>[^"]+)"'))
def never_asked(world: World, title: str) -> None:
    assert [world.providers.attempts(id_) for id_ in world.messages[title].ids] == [0] * len(
        world.messages[title].ids
    )


@when(parsers.re(r"(?P<time>(?:an?|\d+) \w+) (?:has|have) passed"))
def time_passes(world: World, time: str) -> None:
    world.clock.ahead += span(time)


@then(parsers.parse("this is refused, because {reason}"))
def refused_because(world: World, reason: str) -> None:
    refusal, world.refusal = world.refusal, None
    assert type(refusal) is REFUSALS[reason]


@given(parsers.parse("the shop's {kind} channel is paused"))
@when(parsers.parse("the shop's {kind} channel is paused"))
def pause(world: World, kind: str) -> None:
    command = PauseChannelCommand(application_id=world.shop.id, type=TYPES[kind])
    world.run(world.use_cases.pause_channel()(command))


@when(parsers.parse("the shop's {kind} channel is resumed"))
def resume(world: World, kind: str) -> None:
    command = ResumeChannelCommand(application_id=world.shop.id, type=TYPES[kind])
    world.run(world.use_cases.resume_channel()(command))


@then(parsers.parse("the shop has used {count:d} of its quota"))
def used(world: World, count: int) -> None:
    """Of the day, as the shop reads it."""
    command = ReadQuotaCommand(application_id=world.shop.id)

    async def counted() -> bool:
        view = await world.use_cases.read_quota()(command)
        return view.daily_used == view.monthly_used == count

    world.until(counted, f"{count} was never what is used")
