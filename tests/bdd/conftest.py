"""What scenarios of every context share: the world they live in, and the steps that several of them need."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from pytest_bdd import given, parsers, then, when

from application.applications.commands import (
    ListAlertsCommand,
    ListPausesCommand,
    PauseChannelCommand,
    ResumeChannelCommand,
)
from application.quota.commands import ReadQuotaCommand
from tests.bdd.messages import order, read, send, wait_for_status
from tests.bdd.people import TYPES, log_in, new_phone, open_shop, register
from tests.bdd.push_providers import PROVIDER_OF, PushProviders
from tests.bdd.wording import PHONE, REFUSALS, recipients, span
from tests.bdd.world import World, open_world
from tests.integration.simulator.harness import simulator
from tests.servers import Databases, apart, delete_streams

TITLE = r'"(?P<title>[^"]+)"'


@pytest.fixture(scope="session")
def push_providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushProviders]:
    """Apple and Google for all scenarios, in a process of their own; every scenario makes them forget the last."""
    with simulator(tmp_path_factory.mktemp("simulator")) as running:
        yield PushProviders(running)


@pytest.fixture(scope="module")
def begins_at_rest() -> bool:
    """Whether scenarios of this file count on nothing running before they say so."""
    return False


@pytest.fixture(scope="module")
def worlds(
    begins_at_rest: bool,
    postgres_server: Databases,
    template_database: str,
    nats_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    push_providers: PushProviders,
) -> Iterator[Callable[[], World]]:
    """What answers a world that is as new: the one before, or where its scenario left something behind another one."""
    with ExitStack() as closing:
        kept: list[World] = []

        def world() -> World:
            if kept and not begins_at_rest and kept[0].is_as_before():
                kept[0].begin()
                return kept[0]
            closing.close()
            name = f"test_{secrets.token_hex(6)}"
            url = postgres_server.create(name, template=template_database)
            closing.callback(postgres_server.drop, name)
            prefix = f"t{secrets.token_hex(4)}"
            closing.callback(lambda: apart(delete_streams(nats_url, prefix)))
            opened = open_world(
                database_url=url,
                nats_url=nats_url,
                prefix=prefix,
                folder=tmp_path_factory.mktemp("world"),
                push_providers=push_providers,
            )
            kept[:] = [closing.enter_context(opened)]
            return kept[0]

        yield world


@pytest.fixture
def world(worlds: Callable[[], World]) -> Iterator[World]:
    """The world of this scenario; no refusal is overlooked in it."""
    opened = worlds()
    yield opened
    assert opened.refusal is None, f"nobody looked at the refusal {opened.refusal!r}"


# Shops and phones


@given("a shop that pushes to iPhones and Android phones")
def a_shop(world: World) -> None:
    open_shop(world, "the shop")


@given(parsers.parse("another shop with a customer whose {phone} receives pushes"))
def another_shop(world: World, phone: str) -> None:
    register(world, new_phone(world, phone, open_shop(world, "the other shop")))


@given(parsers.re(rf"{PHONE} receives pushes"))
def a_phone(world: World, phone: str) -> None:
    made = new_phone(world, phone)
    register(world, made)
    log_in(world, made, phone.partition("'")[0])


@given(parsers.re(r"(?P<count>\d+) (?P<kind>iPhone|Android phone)s? that receives? pushes"))
def nameless_phones(world: World, count: str, kind: str) -> None:
    for number in range(1, int(count) + 1):
        register(world, new_phone(world, f"customer {number}'s {kind}"))


@given(parsers.re(rf"{PHONE} was uninstalled"))
def uninstalled(world: World, phone: str) -> None:
    world.providers.answer(world.phones[phone].token, "Unregistered")


@given(parsers.re(rf"Apple is busy at the first attempt for {PHONE}"))
def busy_once(world: World, phone: str) -> None:
    world.providers.answer(world.phones[phone].token, "ServiceUnavailable", attempts=1)


# Messages


@given(parsers.re(rf'the shop has sent {TITLE} to (?P<to>[^"]+)'))
@when(parsers.re(rf"the shop sends {TITLE} to (?P<to>[^,\"]+)"))
def shop_sends(world: World, title: str, to: str) -> None:
    send(world, order(world, title, recipients(world, to)))


@when(parsers.re(rf'the other shop sends {TITLE} to (?P<to>[^"]+)'))
def other_shop_sends(world: World, title: str, to: str) -> None:
    send(world, order(world, title, [to], shop=world.shops["the other shop"]))


@given(parsers.parse('the shop has scheduled "{title}" for {to} in {time}'))
@when(parsers.parse('the shop tries to schedule "{title}" for {to} in {time}'))
def schedule(world: World, title: str, to: str, time: str) -> None:
    send(world, order(world, title, recipients(world, to), delay=span(time)))


@when(parsers.parse('the shop cancels "{title}"'))
def cancel(world: World, title: str) -> None:
    sent = world.messages[title]
    world.attempt(world.use_cases.cancel_message()(sent.shop.id, sent.ids[0]))


@given(parsers.re(rf"{TITLE} was (?P<status>sent)"))
@when(parsers.re(rf"{TITLE} becomes (?P<status>.+)"))
@then(parsers.re(rf"{TITLE} becomes (?P<status>.+)"))
def becomes(world: World, title: str, status: str) -> None:
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


@then(parsers.re(rf"(?P<provider>Apple|Google) took {TITLE} exactly once"))
def taken_once(world: World, provider: str, title: str) -> None:
    for id_ in world.messages[title].ids:
        assert world.providers.taken(id_, PROVIDER_OF[provider]) == 1
        assert world.providers.taken(id_) == 1


@then(parsers.parse('nobody was asked to deliver "{title}"'))
def never_asked(world: World, title: str) -> None:
    ids = world.messages[title].ids
    assert [world.providers.attempts(id_) for id_ in ids] == [0] * len(ids)


# Channels, time, quota, refusals


@given(parsers.parse("the shop's {kind} channel is paused"))
def pause(world: World, kind: str) -> None:
    command = PauseChannelCommand(application_id=world.shop.id, type=TYPES[kind])
    world.run(world.use_cases.pause_channel()(command))


@when(parsers.parse("the shop's {kind} channel is resumed"))
def resume(world: World, kind: str) -> None:
    command = ResumeChannelCommand(application_id=world.shop.id, type=TYPES[kind])
    world.run(world.use_cases.resume_channel()(command))


@given(parsers.parse('the shop\'s {kind} channel got paused because of "{reason}"'))
@then(parsers.parse('the shop\'s {kind} channel gets paused because of "{reason}"'))
def gets_paused(world: World, kind: str, reason: str) -> None:
    command = ListPausesCommand(application_id=world.shop.id)

    async def paused() -> bool:
        pauses = await world.use_cases.list_pauses()(command)
        return [(one.type, one.reason) for one in pauses] == [(TYPES[kind], reason)]

    world.until(paused, f"the channel was never paused because of {reason}")


@then(parsers.parse('the operators are alerted of "{kind}"'))
def alerted(world: World, kind: str) -> None:
    page = world.run(world.use_cases.list_alerts()(ListAlertsCommand(application_id=world.shop.id)))
    assert [alert.kind for alert in page.items] == [kind]


@when(parsers.re(r"(?P<time>(?:an?|\d+) \w+) (?:has|have) passed"))
def time_passes(world: World, time: str) -> None:
    world.clock.ahead += span(time)


@when(parsers.parse("the shop has used {count:d} of its quota"))
@then(parsers.parse("the shop has used {count:d} of its quota"))
def used(world: World, count: int) -> None:
    """Of the day and of the month, as the shop reads it."""
    command = ReadQuotaCommand(application_id=world.shop.id)

    async def counted() -> bool:
        view = await world.use_cases.read_quota()(command)
        return view.daily_used == view.monthly_used == count

    world.until(counted, f"{count} was never what is used")


@then(parsers.parse("this is refused, because {reason}"))
def refused_because(world: World, reason: str) -> None:
    refusal, world.refusal = world.refusal, None
    assert type(refusal) is REFUSALS[reason]
