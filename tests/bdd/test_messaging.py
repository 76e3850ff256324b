"""Steps of features/messaging: what phones report, how providers answer, when messages go out."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from application.messaging.accept_command import AcceptResult
from domain.shared.errors import IdempotencyInProgress
from tests.bdd.messages import hand_over, history, keep, order, read, send, tell, wait_for_status
from tests.bdd.people import log_in, look_up, new_phone, register, report, wait_for_code
from tests.bdd.push_providers import PROVIDER_OF
from tests.bdd.wording import PHONE, recipients, span
from tests.bdd.world import World

pytestmark = pytest.mark.slow

scenarios("../../features/messaging")


@when(
    parsers.re(rf'{PHONE} reports "(?P<title>[^"]+)" as (?P<what>received|opened)'),
    target_fixture="verdicts",
)
def phone_reports(world: World, phone: str, title: str, what: str) -> list[str]:
    return tell(world, world.phones[phone], title, what)


@then("the report is not believed")
def not_believed(verdicts: list[str]) -> None:
    assert verdicts == ["not_yours"]


@then(parsers.parse('the history of "{title}" reads: {events}'))
def history_reads(world: World, title: str, events: str) -> None:
    (view,) = read(world, title)
    assert history(view) == events.split(", ")


@then(parsers.parse('"{title}" also counts as received'))
def counts_as_received(world: World, title: str) -> None:
    (view,) = read(world, title)
    assert view.received_at is not None


@then(parsers.parse("{phone} counts {received:d} message received and {opened:d} opened"))
def counters(world: World, phone: str, received: int, opened: int) -> None:
    one = look_up(world, world.phones[phone]).subscription
    assert (one.total_messages_received, one.total_messages_converted) == (received, opened)


@given("Apple and Google take a second to answer")
def slow_answers(world: World) -> None:
    world.providers.take_time(1_000)


@when(parsers.re(r'(?P<provider>Apple|Google) has been asked to deliver "(?P<title>[^"]+)"'))
def has_been_asked(world: World, provider: str, title: str) -> None:
    (id_,) = world.messages[title].ids

    async def asked() -> bool:
        return world.providers.attempts(id_, PROVIDER_OF[provider]) > 0

    world.until(asked, f"{provider} was never asked")


@when("Apple's answer has come")
def answer_has_come(world: World) -> None:
    async def settled() -> bool:
        return not await world.queue_length()

    world.until(settled, "the answer was never settled")


@then(parsers.re(r'(?P<first>.+) and (?P<second>.+) got one "(?P<title>[^"]+)" each'))
def one_each(world: World, first: str, second: str, title: str) -> None:
    views = read(world, title)
    assert sorted(view.subscription_id for view in views) == sorted(
        world.phones[name].push for name in (first, second)
    )
    assert [world.providers.taken(view.id) for view in views] == [1, 1]


@then(parsers.parse("the shop is told that {person} has no phone"))
def told_about(world: World, person: str) -> None:
    (error,) = world.answers[-1].errors
    assert (error.code, error.index) == ("no_subscription", 1)


@when(parsers.re(r"(?P<person>\w+) switches notifications off on (?:his|her) (?P<kind>.+)"))
def switches_off(world: World, person: str, kind: str) -> None:
    report(world, world.phones[f"{person}'s {kind}"], enabled=False)


@when(parsers.re(rf"(?P<person>\w+) logs in on {PHONE}"))
def logs_in(world: World, person: str, phone: str) -> None:
    log_in(world, world.phones[phone], person)


# How providers answer


@given(
    parsers.re(
        rf"(?:Apple|Google) answers (?P<which>every|the first) attempt for (?:{PHONE}|all those iPhones)"
        r' with "(?P<answer>\w+)"(?: and asks for a pause of (?P<pause>\d+ \w+))?(?P<old> as of an hour ago)?'
    )
)
def provider_answers(
    world: World, which: str, phone: str | None, answer: str, pause: str | None, old: str | None
) -> None:
    more: dict[str, Any] = {"attempts": 1 if which == "the first" else 0}
    if pause:
        more["retry_after"] = {"seconds": int(span(pause).total_seconds())}
    if old:
        more["timestamp_ms"] = int((time.time() - 3_600) * 1_000)
    for name in recipients(world, phone or "all those iPhones"):
        world.providers.answer(world.phones[name].token, answer, **more)


@given(parsers.parse("Apple's answer to the first attempt for {phone} is lost"))
def answer_lost(world: World, phone: str) -> None:
    world.providers.answer(world.phones[phone].token, "lost_answer", attempts=1)


@then(parsers.re(r'(?P<provider>Apple|Google) was asked (?P<times>\d+) times? to deliver "(?P<title>[^"]+)"'))
def was_asked(world: World, provider: str, times: str, title: str) -> None:
    (view,) = read(world, title)
    assert world.providers.attempts(view.id, PROVIDER_OF[provider]) == int(times)
    assert view.attempts == int(times)


@when("every wait between the attempts has passed", target_fixture="waits")
def waits_pass(world: World) -> list[float]:
    """Turn the clock to each next attempt, until there is none; answer the waits in seconds."""
    waits: list[float] = []
    (sent,) = world.messages.values()
    while (due := world.run(next_attempt(world, sent.ids[0]))) is not None:
        failed_at, next_at = due
        waits.append((next_at - failed_at).total_seconds())
        world.clock.ahead += max(timedelta(), next_at - world.clock.now())
        world.until(lambda: moved_on(world, sent.ids[0], len(waits) + 1), "the next attempt was never made")
    return waits


async def moved_on(world: World, id_: UUID, attempts: int) -> bool:
    return bool(await world.value("SELECT attempts >= $2 FROM message WHERE id = $1", id_, attempts))


async def next_attempt(world: World, id_: UUID) -> tuple[Any, Any] | None:
    """(when the last attempt failed, when the next one is due) once the attempt under way is settled."""
    while await world.value("SELECT status = 0 FROM message WHERE id = $1", id_):
        await asyncio.sleep(0.02)
    due = await world.value("SELECT due_at FROM message_retry WHERE message_id = $1", id_)
    failed = await world.value("SELECT max(occurred_at) FROM message_event WHERE message_id = $1", id_)
    return None if due is None else (failed, due)


@then("the waits before the next attempt were at most")
def waits_at_most(waits: list[float], datatable: list[list[str]]) -> None:
    bounds = [float(seconds) for _, seconds in datatable[1:]]
    assert len(waits) == len(bounds)
    assert all(wait <= bound for wait, bound in zip(waits, bounds, strict=True)), waits


@then(parsers.parse('the next attempt at "{title}" is at least {wait} away'))
def not_before(world: World, title: str, wait: str) -> None:
    (view,) = read(world, title)
    due = world.run(next_attempt(world, view.id))
    assert due is not None
    assert due[1] - view.created_at >= span(wait)


@when(parsers.parse('"{title}" waits for another attempt'))
def waits_for_another(world: World, title: str) -> None:
    wait_for_status(world, title, "waiting for another attempt")


@when(parsers.parse('an operator sends "{title}" again'))
def send_again(world: World, title: str) -> None:
    sent = world.messages[title]
    world.run(world.use_cases.requeue_message()(sent.shop.id, sent.ids[0]))


@then(parsers.parse('{phone} shows "{title}" once'))
def shows_once(world: World, phone: str, title: str) -> None:
    (id_,) = world.messages[title].ids
    assert world.providers.collapse_names(id_) == {str(id_)}


@when(parsers.re(rf"{PHONE} gets unsubscribed \((?P<code>-\d+)\)"))
@then(parsers.re(rf"{PHONE} is unsubscribed \((?P<code>-\d+)\)"))
def is_unsubscribed(world: World, phone: str, code: str) -> None:
    wait_for_code(world, world.phones[phone], int(code))


@then(parsers.re(rf"{PHONE} is subscribed"))
def is_subscribed(world: World, phone: str) -> None:
    assert look_up(world, world.phones[phone]).subscription.is_subscribed


@then("a push has these consequences")
def consequences(world: World, datatable: list[list[str]]) -> None:
    """Everything is sent first, each to a phone of its own, and then looked at."""
    for number, (kind, answer, *_) in enumerate(datatable[1:]):
        phone = new_phone(world, f"customer {number}'s {kind}")
        register(world, phone)
        world.providers.answer(phone.token, answer)
        send(world, order(world, answer, [phone.name]))
    for number, (kind, answer, message, afterwards) in enumerate(datatable[1:]):
        wait_for_status(world, answer, message)
        code = re.search(r"-\d+", afterwards)
        phone = world.phones[f"customer {number}'s {kind}"]
        assert look_up(world, phone).subscription.subscription_status == (int(code[0]) if code else 1), answer


@then("all those iPhones are subscribed")
def all_subscribed(world: World) -> None:
    world.be_still()
    phones = [world.phones[name] for name in recipients(world, "all those iPhones")]
    assert [look_up(world, phone).subscription.subscription_status for phone in phones] == [1] * len(phones)


@when(parsers.parse("the app on {phone} registers with a new token"))
def new_token(world: World, phone: str) -> None:
    one = world.phones[phone]
    one.token = secrets.token_hex(32)
    register(world, one)


# Requests by name


@given(parsers.parse('the shop has sent "{title}" to {recipient} as request "{name}"'))
@when(parsers.parse('the shop repeats "{title}" to {recipient} as request "{name}"'))
@when(parsers.parse('the shop tries to send "{title}" to {recipient} as request "{name}"'))
def send_named(world: World, title: str, recipient: str, name: str) -> None:
    send(world, order(world, title, [recipient], once=name))


@when(
    parsers.parse('the shop sends {copies:d} copies of "{title}" to {recipient} at once as request "{name}"')
)
def send_copies(world: World, copies: int, title: str, recipient: str, name: str) -> None:
    command = order(world, title, [recipient], once=name)

    async def insist() -> AcceptResult:
        """As a caller does that is told to come back in a moment, because a copy is under way."""
        for _ in range(100):
            try:
                return await hand_over(world, command)
            except IdempotencyInProgress:
                await asyncio.sleep(0.05)
        raise AssertionError("the first copy is under way for ever")

    async def all_at_once() -> list[AcceptResult]:
        return await asyncio.gather(*(insist() for _ in range(copies)))

    for answer in world.run(all_at_once()):
        keep(world, command, answer)


@when(parsers.parse('the other shop sends "{title}" to {recipient} as request "{name}"'))
def other_sends_named(world: World, title: str, recipient: str, name: str) -> None:
    send(world, order(world, title, [recipient], shop=world.shops["the other shop"], once=name))


@then("the answer is the first one again")
def same_answer(world: World) -> None:
    first, second = world.answers
    assert list(second.message_ids) == list(first.message_ids)
    assert (first.replayed, second.replayed) == (False, True)


@then(parsers.re(r'there (?:is|are) (?P<count>\d+) messages? "(?P<title>[^"]+)"'))
def how_many(world: World, count: str, title: str) -> None:
    stored = world.run(world.use_cases.list_messages()(world.shop.id))
    assert [one.title for one in stored.items] == [title] * int(count)


# Later, too late, not at all


@given(parsers.parse('the shop has sent "{title}", good for {lifetime}, to {recipient}'))
@when(parsers.parse('the shop sends "{title}", good for {lifetime}, to {recipient}'))
def send_for_a_while(world: World, title: str, lifetime: str, recipient: str) -> None:
    send(world, order(world, title, [recipient], lifetime=span(lifetime)))


@given(parsers.parse('"{title}" to {phone} is {status}'))
def in_status(world: World, title: str, phone: str, status: str) -> None:
    """Bring a message to this state by the way that leads there."""
    one = world.phones[phone]
    if status == "failed":
        world.providers.answer(one.token, "PayloadTooLarge")
    delay = timedelta(hours=2) if status == "canceled" else None
    send(world, order(world, title, [phone], delay=delay))
    if status == "canceled":
        sent = world.messages[title]
        world.run(world.use_cases.cancel_message()(sent.shop.id, sent.ids[0]))
    if status in ("received", "opened"):
        wait_for_status(world, title, "sent")
        tell(world, one, title, status)
    wait_for_status(world, title, status)
