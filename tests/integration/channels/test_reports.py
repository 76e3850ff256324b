"""Delivery reports: what providers say later moves messages, codes and the ledger, once, in whatever order it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from application.messaging.record_reports import Recorded
from domain.messaging.event import MessageEventType
from domain.messaging.lifecycle import Status
from domain.messaging.outcome import Deferred, SoftFault, Unknown
from domain.messaging.report import AddressReport, MessageReport
from domain.shared.channels import SubscriptionType
from tests.integration.channels.desk import SMS, Desk, open_desk
from tests.integration.channels.played import PlayedPlugin

PROVIDER = "played_sms"
PHONE = "+821012345678"
RECEIVED, FAILED, REPORTED = MessageEventType.RECEIVED, MessageEventType.FAILED, MessageEventType.REPORTED


@pytest_asyncio.fixture
async def on_delivery(database_url: str) -> AsyncIterator[Desk]:
    """A channel that bills only what is delivered."""
    async with open_desk(database_url, PlayedPlugin(bills_on_delivery=True)) as opened:
        yield opened


async def sent(desk: Desk, address: str = PHONE) -> tuple[UUID, UUID, UUID]:
    """(application, subscription, message) of a message that the provider took."""
    application_id = await desk.application()
    (subscription,) = await desk.subscriptions(application_id, address)
    (message,) = await desk.send(application_id, [subscription])
    await desk.deliver()
    return application_id, subscription, message


def report(desk: Desk, message: UUID, event: MessageEventType, **more: Any) -> MessageReport:
    """A report of this moment."""
    return MessageReport(message, event, more.pop("at", None) or desk.shop.clock.now(), **more)


async def status_of(desk: Desk, subscription: UUID) -> object:
    return await desk.shop.value("SELECT subscription_status FROM subscription WHERE id = $1", subscription)


async def test_a_delivered_message_is_received_once(desk: Desk) -> None:
    """The same report ten times is one event and one counted message."""
    application_id, subscription, message = await sent(desk)
    said = report(desk, message, RECEIVED, provider_id="their-id")
    for _ in range(10):
        recorded = await desk.reports(application_id, PROVIDER, [said, said])
        assert (recorded.accepted, recorded.refused) == (2, 0)
    assert (await desk.message(message))["status"] == Status.RECEIVED
    assert [kind for kind, _ in await desk.events(message)] == [MessageEventType.SENT, RECEIVED]
    total = await desk.shop.value(
        "SELECT total_messages_received FROM subscription WHERE id = $1", subscription
    )
    assert total == 1


async def test_a_late_failure_stays_charged_where_sending_is_what_is_billed(desk: Desk) -> None:
    """successful → failed with the provider's reason; nothing is given back."""
    application_id, subscription, message = await sent(desk)
    await desk.reports(
        application_id, PROVIDER, [report(desk, message, FAILED, reason="3032", subscription_code=-52)]
    )
    row = await desk.message(message)
    assert (row["status"], row["error_reason"]) == (Status.FAILED, "3032")
    assert await status_of(desk, subscription) == -52
    assert await desk.shop.ledger() == {"reserve": 1, "settle": 1}


async def test_a_late_failure_is_given_back_where_delivery_is_what_is_billed(on_delivery: Desk) -> None:
    """Once, however often it is reported."""
    application_id, _, message = await sent(on_delivery)
    said = report(on_delivery, message, FAILED, reason="3040")
    for _ in range(3):
        await on_delivery.reports(application_id, PROVIDER, [said])
    assert await on_delivery.shop.ledger() == {"reserve": 1, "settle": 1, "give_back": 1}


async def test_a_bounce_after_the_delivery_changes_the_subscription_and_not_the_message(desk: Desk) -> None:
    """received → failed is not a transition; the event and the code are recorded."""
    application_id, subscription, message = await sent(desk)
    await desk.reports(application_id, PROVIDER, [report(desk, message, RECEIVED)])
    await desk.reports(
        application_id, PROVIDER, [report(desk, message, FAILED, reason="late", subscription_code=-52)]
    )
    assert (await desk.message(message))["status"] == Status.RECEIVED
    assert await status_of(desk, subscription) == -52
    assert (FAILED, "late") in await desk.events(message)


async def test_reports_out_of_order_end_in_the_same_state(desk: Desk) -> None:
    """Converted before received: both are written down, converted stays."""
    application_id, _, message = await sent(desk)
    await desk.reports(application_id, PROVIDER, [report(desk, message, MessageEventType.CONVERTED)])
    await desk.reports(application_id, PROVIDER, [report(desk, message, RECEIVED)])
    row = await desk.message(message)
    assert (row["status"], row["received_at"] is not None) == (Status.CONVERTED, True)


async def test_a_report_proves_the_send_of_an_unknown_outcome(desk: Desk) -> None:
    """It is settled, its claim ends, nobody is asked any more."""
    application_id = await desk.application()
    (subscription,) = await desk.subscriptions(application_id, PHONE)
    (message,) = await desk.send(application_id, [subscription])
    desk.plugin.sender.answer = lambda recipient: Unknown("timeout")
    await desk.deliver()
    await desk.reports(application_id, PROVIDER, [report(desk, message, RECEIVED)])
    assert (await desk.message(message))["status"] == Status.RECEIVED
    assert await desk.count("send_claim") == 0
    assert await desk.shop.ledger() == {"reserve": 1, "settle": 1}
    assert await desk.resolve(minutes=30) == 0
    assert desk.plugin.sender.asked == []


async def test_a_report_ends_the_retry_of_a_message_that_was_sent_after_all(desk: Desk) -> None:
    """The provider said busy, and delivered nevertheless."""
    application_id = await desk.application()
    (subscription,) = await desk.subscriptions(application_id, PHONE)
    (message,) = await desk.send(application_id, [subscription])
    desk.plugin.sender.answer = lambda recipient: Deferred("busy")
    await desk.deliver()
    await desk.reports(application_id, PROVIDER, [report(desk, message, RECEIVED)])
    assert await desk.count("message_retry") == 0
    assert (await desk.message(message))["status"] == Status.RECEIVED


async def test_reports_about_other_applications_messages_are_refused(desk: Desk) -> None:
    """As unknown as a message that does not exist; nothing changes."""
    _, subscription, message = await sent(desk)
    other = await desk.application()
    said = [
        report(desk, message, FAILED, subscription_code=-52),
        report(desk, desk.shop.ids.one(), RECEIVED),
        report(desk, uuid4(), RECEIVED),
    ]
    assert await desk.reports(other, PROVIDER, said) == Recorded(accepted=0, refused=3)
    assert (await desk.message(message))["status"] == Status.SUCCESSFUL
    assert await status_of(desk, subscription) == 1


async def test_a_provider_reports_only_what_it_serves(database_url: str) -> None:
    """An SMS vendor says nothing about an e-mail."""
    email = PlayedPlugin(SubscriptionType.EMAIL)
    async with open_desk(database_url, PlayedPlugin(), email) as desk:
        application_id = await desk.application()
        (subscription,) = await desk.subscriptions(
            application_id, "kim@example.com", type_=SubscriptionType.EMAIL
        )
        content = {SubscriptionType.EMAIL.channel: {"subject": "s"}}
        (message,) = await desk.send(application_id, [subscription], content=content)
        await desk.deliver()
        said = [report(desk, message, FAILED)]
        assert (await desk.reports(application_id, "played_sms", said)).refused == 1
        assert (await desk.reports(application_id, "played_email", said)).accepted == 1


async def test_an_address_that_changed_meanwhile_is_not_blamed(desk: Desk) -> None:
    """By the address that the report names, and without one by when the present one was registered."""
    application_id, subscription, message = await sent(desk)
    ours, theirs = PHONE, "+821099998888"
    failed = report(desk, message, FAILED, reason="3032", subscription_code=-52, recipient=theirs)
    await desk.reports(application_id, PROVIDER, [failed])
    assert await status_of(desk, subscription) == 1
    application_id, subscription, message = await sent(desk)
    await desk.shop.connection.execute(
        "UPDATE subscription SET token_registered_at = now() + interval '1 hour' WHERE id = $1", subscription
    )
    unnamed = report(desk, message, FAILED, reason="3032", subscription_code=-52)
    await desk.reports(application_id, PROVIDER, [unnamed])
    assert await status_of(desk, subscription) == 1
    application_id, subscription, message = await sent(desk)
    named = report(desk, message, FAILED, reason="3032", subscription_code=-52, recipient=ours)
    await desk.reports(application_id, PROVIDER, [named])
    assert await status_of(desk, subscription) == -52


async def test_a_replayed_report_does_not_take_back_a_new_subscription(desk: Desk) -> None:
    """The event is known already: its code is not set again."""
    application_id, subscription, message = await sent(desk)
    said = report(desk, message, FAILED, reason="blocked", subscription_code=-54)
    await desk.reports(application_id, PROVIDER, [said])
    assert await status_of(desk, subscription) == -54
    await desk.shop.connection.execute("UPDATE subscription SET subscription_status = 1")
    await desk.reports(application_id, PROVIDER, [said])
    assert await status_of(desk, subscription) == 1


async def test_a_complaint_leaves_the_message_as_it_is(desk: Desk) -> None:
    """It is an event of its own, sets the code, and may be withdrawn."""
    application_id, subscription, message = await sent(desk)
    complaint = report(desk, message, REPORTED, reason="complaint", subscription_code=-54)
    await desk.reports(application_id, PROVIDER, [complaint])
    assert (await desk.message(message))["status"] == Status.SUCCESSFUL
    assert await status_of(desk, subscription) == -54
    withdrawn = report(desk, message, REPORTED, reason="not_spam", clears=frozenset({-54}))
    await desk.reports(application_id, PROVIDER, [withdrawn])
    assert await status_of(desk, subscription) == 1
    assert await desk.count("suppression", "lifted_at IS NULL") == 0


async def test_soft_faults_count_only_in_a_row_and_over_days(desk: Desk) -> None:
    """Five within an hour say nothing; five over three days do; one delivery in between forgets them."""
    application_id = await desk.application()
    (subscription,) = await desk.subscriptions(application_id, PHONE)

    async def fail(**later: float) -> object:
        desk.shop.clock.shift += timedelta(**later)
        (message,) = await desk.send(application_id, [subscription])
        await desk.deliver()
        said = report(desk, message, FAILED, reason="busy", soft=SoftFault(-53, 5))
        await desk.reports(application_id, PROVIDER, [said, said])
        return await status_of(desk, subscription)

    assert [await fail(minutes=1) for _ in range(6)] == [1] * 6
    (message,) = await desk.send(application_id, [subscription])
    await desk.deliver()
    await desk.reports(application_id, PROVIDER, [report(desk, message, RECEIVED)])
    assert await desk.count("soft_fault") == 0
    assert [await fail(hours=18) for _ in range(5)] == [1, 1, 1, 1, -53]
    assert await desk.count("soft_fault") == 0


async def test_codes_that_end_by_themselves_end(desk: Desk) -> None:
    """A network error after seven days; a number that does not exist never."""
    application_id = await desk.application()
    one, two = await desk.subscriptions(application_id, PHONE, "+821012345679")
    for subscription, code in ((one, -53), (two, -52)):
        await desk.shop.connection.execute(
            "UPDATE subscription SET subscription_status = $2, unsubscribed_at = $3 WHERE id = $1",
            subscription,
            code,
            desk.shop.clock.now(),
        )
    desk.shop.clock.shift += timedelta(days=6)
    await desk.shop.queue.tidy(desk.shop.clock.now())
    assert await status_of(desk, one) == -53
    desk.shop.clock.shift += timedelta(days=1, seconds=1)
    await desk.shop.queue.tidy(desk.shop.clock.now())
    assert (await status_of(desk, one), await status_of(desk, two)) == (1, -52)
    assert await desk.count("subscription_event", "reason = 'code_ended'") == 1


def stop(at: datetime, address: str = PHONE) -> AddressReport:
    return AddressReport(SMS, address, at, "STOP", code=-54)


def start(at: datetime, address: str = PHONE) -> AddressReport:
    return AddressReport(SMS, address, at, "START", clears=frozenset({-54}))


async def test_stop_and_start_count_by_when_they_were_said(desk: Desk) -> None:
    """A STOP that is reported again after a START changes nothing, and the other way round."""
    application_id = await desk.application()
    (subscription,) = await desk.subscriptions(application_id, PHONE)
    now = desk.shop.clock.now()
    first, second, third = now - timedelta(hours=3), now - timedelta(hours=2), now - timedelta(hours=1)

    async def after(*reports: AddressReport) -> object:
        await desk.reports(application_id, PROVIDER, reports)
        return await status_of(desk, subscription)

    assert await after(stop(first)) == -54
    assert await after(start(second)) == 1
    assert await after(stop(first)) == 1
    assert await after(stop(third)) == -54
    assert await after(start(second)) == -54
    assert await after(stop(third), start(now)) == 1


async def test_stop_reaches_every_subscription_of_the_address_and_no_other_application(desk: Desk) -> None:
    """And the address stays suppressed for subscriptions to come."""
    application_id, other = await desk.application(), await desk.application()
    (mine,) = await desk.subscriptions(application_id, PHONE)
    (theirs,) = await desk.subscriptions(other, PHONE)
    assert (await desk.reports(application_id, PROVIDER, [stop(desk.shop.clock.now())])).addresses == 1
    assert (await status_of(desk, mine), await status_of(desk, theirs)) == (-54, 1)
    await desk.shop.connection.execute("DELETE FROM subscription WHERE id = $1", mine)
    (again,) = await desk.subscriptions(application_id, PHONE)
    result = await desk.accept_all(application_id, [again])
    assert [error.code for error in result.errors] == ["suppressed"]
    assert not (await desk.accept_all(other, [theirs])).errors


@pytest.mark.parametrize("code", [-52, -53])
async def test_codes_that_do_not_suppress_leave_the_address_alone(desk: Desk, code: int) -> None:
    """They are about the subscription as it is."""
    application_id, _, message = await sent(desk)
    said = report(desk, message, FAILED, reason="x", subscription_code=code)
    await desk.reports(application_id, PROVIDER, [said])
    assert await desk.count("suppression") == 0


async def test_a_message_that_was_queued_before_the_stop_is_not_sent(desk: Desk) -> None:
    """Checked again at delivery, even if the subscription was registered anew meanwhile."""
    application_id = await desk.application()
    (subscription,) = await desk.subscriptions(application_id, PHONE)
    (message,) = await desk.send(application_id, [subscription])
    await desk.reports(application_id, PROVIDER, [stop(desk.shop.clock.now())])
    await desk.shop.connection.execute("UPDATE subscription SET subscription_status = 1")
    await desk.deliver()
    row = await desk.message(message)
    assert (row["status"], row["error_reason"]) == (Status.FAILED, "suppressed")
    assert desk.plugin.sender.sent.total() == 0
    assert await desk.shop.ledger() == {"reserve": 1, "release": 1}
