"""Events reach endpoints: signed, at least once, whatever dies, and a bad endpoint is nobody else's trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address
from uuid import UUID

import pytest

from adapters.crypto.keyring import Keyring
from adapters.crypto.vault import AesGcmVault
from adapters.system.identifiers import SystemRandomness
from adapters.webhooks.poster import HttpWebhookPoster
from application.audience.commands import RotateKeysCommand
from application.webhooks.commands import (
    ListDeliveriesCommand,
    ReplayWebhookCommand,
    UpdateWebhookCommand,
    WebhookCommand,
)
from application.webhooks.manage_webhooks import RotateWebhookSecret, UpdateWebhook
from application.webhooks.replay_webhook import ListDeliveries, ReplayWebhook, SendTestEvent
from domain.messaging.event import MessageEventType
from domain.shared.errors import Conflict, InvalidInput
from domain.webhooks.destination import Address
from domain.webhooks.endpoint import DeliveryState
from domain.webhooks.signature import sign
from tests.integration.audience.world import World
from tests.integration.webhooks.hooks import LOOPBACK, Hooks

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def state(hooks: Hooks, id_: UUID) -> dict[str, object]:
    row = await hooks.rows.connection.fetchrow("SELECT * FROM webhook_endpoint WHERE id = $1", id_)
    assert row is not None
    return dict(row)


async def test_an_event_is_posted_and_its_signature_holds(hooks: Hooks) -> None:
    """What was committed arrives once, with the headers and the body of Standard Webhooks, under the secret that was told."""
    made = await hooks.listen("/all")
    ids = await hooks.happen(2)
    assert await hooks.deliver_due() == 1
    (told,) = hooks.receiver.of("/all")
    assert told.document["type"] == "message.sent"
    assert told.document["application_id"] == str(hooks.application)
    assert [one["id"] for one in told.document["data"]["events"]] == [str(one) for one in ids]
    timestamp = int(told.headers["webhook-timestamp"])
    expected = sign([made.secret], told.headers["webhook-id"], timestamp, told.body)
    assert told.headers["webhook-signature"] == expected
    assert await hooks.deliver_due(HOUR) == 0
    (done,) = await hooks.webhooks.deliveries(
        hooks.application, made.endpoint.id, state=None, before=None, limit=10
    )
    assert (done.state, done.attempts, done.last_status) == (DeliveryState.DELIVERED, 1, 200)


async def test_an_endpoint_hears_what_it_listens_to(hooks: Hooks) -> None:
    """By type and by family; other applications' events never."""
    await hooks.listen("/sent", "message.sent")
    await hooks.listen("/messages", "message.*")
    await hooks.listen("/campaigns", "campaign.*")
    await hooks.listen("/other", application=await hooks.rows.application())
    await hooks.happen()
    await hooks.happen(kind=MessageEventType.FAILED)
    assert await hooks.deliver_due() == 3
    assert [one.document["type"] for one in hooks.receiver.of("/sent")] == ["message.sent"]
    assert {one.document["type"] for one in hooks.receiver.of("/messages")} == {
        "message.sent",
        "message.failed",
    }
    assert not hooks.receiver.of("/campaigns")
    assert not hooks.receiver.of("/other")


async def test_an_application_without_endpoints_keeps_nothing(hooks: Hooks) -> None:
    """Its events leave the outbox as before, and no row stays."""
    await hooks.happen(3)
    assert await hooks.rows.count("outbox") == 0
    assert await hooks.rows.count("webhook_event") == 0


async def test_a_killed_process_delays_and_loses_nothing(hooks: Hooks) -> None:
    """A claim that nobody answers for ends after a minute; the post is made again under the same id, bytes and all."""
    await hooks.listen("/all")
    await hooks.happen()
    (claimed,) = await hooks.owed.claim(hooks.rows.clock.now(), room=10, in_hand={})
    assert await hooks.deliver_due() == 0
    assert await hooks.deliver_due(MINUTE) == 1
    (told,) = hooks.receiver.of("/all")
    assert told.headers["webhook-id"] == str(claimed.event_id)
    # The one that was thought dead comes back, and its word counts no more.
    await hooks.owed.failed(
        claimed,
        status=None,
        error="late",
        next_at=hooks.rows.clock.now(),
        now=hooks.rows.clock.now(),
        disable=None,
    )
    assert await hooks.deliver_due(HOUR) == 0


async def test_a_late_word_does_not_end_what_another_has_taken_over(hooks: Hooks) -> None:
    """The first claimant was thought dead, the second is posting: the first one's giving up and its success count for nothing."""
    await hooks.listen("/all")
    await hooks.happen()
    (first,) = await hooks.owed.claim(hooks.rows.clock.now(), room=10, in_hand={})
    hooks.rows.clock.shift += MINUTE
    now = hooks.rows.clock.now()
    (second,) = await hooks.owed.claim(now, room=10, in_hand={})
    assert (first.event_id, first.attempt, second.attempt) == (second.event_id, 1, 2)
    await hooks.owed.failed(first, status=None, error="late", next_at=None, now=now, disable="gone")
    await hooks.owed.succeeded(first, 200, now)
    assert await hooks.rows.count("webhook_delivery", "state = 0 AND attempts = 2") == 1
    assert await hooks.rows.count("webhook_endpoint", "is_active") == 1


async def test_a_failure_is_repeated_until_it_is_given_up(hooks: Hooks) -> None:
    """Eight attempts within 28 hours, the same bytes each time; then the delivery has failed and the endpoint goes on."""
    made = await hooks.listen("/bad")
    hooks.receiver.answers["/bad"] = [500]
    await hooks.happen()
    for _ in range(12):
        await hooks.deliver_due(timedelta(hours=11))
    told = hooks.receiver.of("/bad")
    assert len(told) == 8
    assert len({(one.headers["webhook-id"], one.body) for one in told}) == 1
    (failed,) = await hooks.webhooks.deliveries(
        hooks.application, made.endpoint.id, state=DeliveryState.FAILED, before=None, limit=10
    )
    assert (failed.attempts, failed.last_status, failed.next_at) == (8, 500, None)
    assert (await state(hooks, made.endpoint.id))["failing_since"] is not None
    hooks.receiver.answers["/bad"] = [204]
    await hooks.happen()
    await hooks.deliver_due()
    assert (await state(hooks, made.endpoint.id))["failing_since"] is None


@pytest.mark.parametrize(("answer", "reason", "days"), [(410, "gone", 0), (500, "failing", 6)])
async def test_an_endpoint_is_switched_off_with_a_notice(
    hooks: Hooks, answer: int, reason: str, days: int
) -> None:
    """Gone, or days without a success: an alert says so, which the application's other endpoints hear."""
    made = await hooks.listen("/bad")
    await hooks.listen("/good", "alert.*")
    hooks.receiver.answers["/bad"] = [answer]
    await hooks.happen()
    await hooks.deliver_due()
    if days:
        assert (await state(hooks, made.endpoint.id))["is_active"] is True
        hooks.rows.clock.shift += timedelta(days=days)
        await hooks.happen()
        await hooks.deliver_due()
    found = await state(hooks, made.endpoint.id)
    assert (found["is_active"], found["disabled_reason"]) == (False, reason)
    await hooks.publish()
    await hooks.deliver_due()
    (told,) = hooks.receiver.of("/good")
    (event,) = told.document["data"]["events"]
    assert (told.document["type"], event["kind"]) == ("alert.raised", "webhook_disabled")
    # It was off meanwhile; switched on again it starts afresh.
    change = UpdateWebhook(webhooks=hooks.webhooks, networks=LOOPBACK, clock=hooks.rows.clock)
    again = await change(
        UpdateWebhookCommand(application_id=hooks.application, webhook_id=made.endpoint.id, is_active=True)
    )
    assert (again.is_active, again.failing_since, again.disabled_reason) == (True, None, None)


async def test_a_slow_endpoint_delays_nobody_else(hooks: Hooks) -> None:
    """While it holds its four posts, everything for the others is delivered; what waits for it waits for it alone."""
    await hooks.listen("/slow")
    await hooks.listen("/quick")
    hooks.receiver.held["/slow"] = asyncio.Event()
    for _ in range(12):
        await hooks.happen()
    deliver = hooks.deliver
    while len(hooks.receiver.of("/quick")) < 12:
        await deliver.start_due()
        await asyncio.sleep(0.01)
    assert 1 <= len(hooks.receiver.of("/slow")) <= 4
    hooks.receiver.held["/slow"].set()
    await deliver.finish()
    while await deliver.start_due():
        await deliver.finish()
    assert len(hooks.receiver.of("/slow")) == 12


async def test_a_replay_tells_again_what_happened_since(hooks: Hooks) -> None:
    """Under the ids that the events had; before that moment, and what it does not listen to, nothing."""
    made = await hooks.listen("/all", "message.sent")
    replay = ReplayWebhook(webhooks=hooks.webhooks, clock=hooks.rows.clock)
    await hooks.happen()
    await hooks.deliver_due()
    hooks.rows.clock.shift += HOUR
    since = hooks.rows.clock.now()
    await hooks.happen()
    await hooks.happen(kind=MessageEventType.FAILED)
    await hooks.deliver_due()
    before = [one.headers["webhook-id"] for one in hooks.receiver.told]
    command = ReplayWebhookCommand(application_id=hooks.application, webhook_id=made.endpoint.id, since=since)
    assert await replay(command) == 1
    await hooks.deliver_due()
    assert [one.headers["webhook-id"] for one in hooks.receiver.told] == [*before, before[-1]]
    for wrong in (since - timedelta(days=8), since + timedelta(days=1)):
        with pytest.raises(InvalidInput) as refused:
            await replay(
                ReplayWebhookCommand(
                    application_id=hooks.application, webhook_id=made.endpoint.id, since=wrong
                )
            )
        assert refused.value.field == "since"


async def test_a_test_event_goes_out_like_any_other(hooks: Hooks) -> None:
    """Whatever the filter says; it shows among the deliveries; not to an endpoint that is off."""
    made = await hooks.listen("/all", "campaign.*")
    named = WebhookCommand(application_id=hooks.application, webhook_id=made.endpoint.id)
    send = SendTestEvent(webhooks=hooks.webhooks, clock=hooks.rows.clock, identifiers=hooks.rows.ids)
    id_ = await send(named)
    await hooks.deliver_due()
    (told,) = hooks.receiver.of("/all")
    assert (told.headers["webhook-id"], told.document["type"]) == (str(id_), "webhook.test")
    page = await ListDeliveries(webhooks=hooks.webhooks)(
        ListDeliveriesCommand(
            application_id=hooks.application, webhook_id=made.endpoint.id, state="delivered"
        )
    )
    assert [one.event_id for one in page.items] == [id_]
    await hooks.rows.connection.execute("UPDATE webhook_endpoint SET is_active = false")
    with pytest.raises(Conflict):
        await send(named)


async def test_after_a_rotation_both_secrets_sign_for_a_day(hooks: Hooks) -> None:
    """Then only the new one does."""
    made = await hooks.listen("/all")
    rotate = RotateWebhookSecret(
        webhooks=hooks.webhooks, vault=hooks.vault, clock=hooks.rows.clock, randomness=SystemRandomness()
    )
    new = await rotate(WebhookCommand(application_id=hooks.application, webhook_id=made.endpoint.id))
    await hooks.happen()
    await hooks.deliver_due()
    hooks.rows.clock.shift += timedelta(days=2)
    await hooks.happen()
    await hooks.deliver_due()
    for told, secrets in zip(hooks.receiver.told, ([new, made.secret], [new]), strict=True):
        id_, timestamp = told.headers["webhook-id"], int(told.headers["webhook-timestamp"])
        assert told.headers["webhook-signature"] == sign(secrets, id_, timestamp, told.body)


async def test_what_is_not_public_is_never_connected_to(hooks: Hooks) -> None:
    """An address and a name that resolves to one; a redirect is an answer and leads nowhere."""
    strict = HttpWebhookPoster(())
    for host in ("127.0.0.1", "localhost"):
        posted = await strict.post(hooks.receiver.url("/x", host).replace("http", "https"), {}, b"")
        assert posted.status is None
        assert posted.error
    assert not hooks.receiver.told
    hooks.receiver.answers["/moved"] = [302]
    hooks.receiver.location = hooks.receiver.url("/secret")
    posted = await hooks.poster.post(hooks.receiver.url("/moved"), {}, b"")
    assert (posted.status, posted.is_success) == (302, False)
    assert not hooks.receiver.of("/secret")
    posted = await HttpWebhookPoster(LOOPBACK).post("http://127.0.0.1:1/x", {}, b"")
    assert (posted.status, posted.error) == (None, "no connection")


async def test_the_connection_goes_where_the_name_led_when_it_was_judged(hooks: Hooks) -> None:
    """A name is resolved once a post, and that address is connected to: this one nobody else could resolve."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[Address]:
        asked.append(host)
        return [ip_address("127.0.0.1")]

    poster = HttpWebhookPoster(LOOPBACK, resolve=resolve)
    posted = await poster.post(hooks.receiver.url("/pinned", "hooks.shop.invalid"), {}, b"{}")
    await poster.close()
    assert posted.is_success
    assert asked == ["hooks.shop.invalid"]
    (told,) = hooks.receiver.of("/pinned")
    assert told.headers["host"].startswith("hooks.shop.invalid")


@pytest.mark.parametrize(
    "url", ["https://user:secret@hooks.shop.kr/x", "https://hooks.shop.kr/x#part", "ftp://hooks.shop.kr/x"]
)
async def test_a_url_that_would_not_be_taken_today_is_not_even_resolved(url: str) -> None:
    """The rules are asked at every post, so stricter ones hold for endpoints that are there already."""

    async def resolve(host: str, port: int) -> Sequence[Address]:
        raise AssertionError(host)

    posted = await HttpWebhookPoster(LOOPBACK, resolve=resolve).post(url, {}, b"")
    assert posted.status is None
    assert posted.error


@pytest.mark.parametrize(
    "addresses",
    [("127.0.0.1", "10.1.2.3"), ("10.1.2.3", "127.0.0.1"), ("93.184.216.34", "::ffff:10.0.0.1"), ()],
)
async def test_a_name_with_one_private_address_is_not_connected_to(
    hooks: Hooks, addresses: tuple[str, ...]
) -> None:
    """Whatever else it leads to, in whichever order; a name that leads nowhere neither."""

    async def resolve(host: str, port: int) -> Sequence[Address]:
        return [ip_address(one) for one in addresses]

    posted = await HttpWebhookPoster(LOOPBACK, resolve=resolve).post(
        hooks.receiver.url("/x", "hooks.shop.invalid"), {}, b""
    )
    assert (posted.status, posted.error) == (None, "the host leads to an address that is not public")
    assert not hooks.receiver.told


async def test_a_week_later_nothing_is_kept(hooks: Hooks) -> None:
    """Events and their deliveries go together."""
    await hooks.listen("/all")
    await hooks.happen()
    assert await hooks.owed.tidy(hooks.rows.clock.now()) == 0
    assert await hooks.owed.tidy(hooks.rows.clock.now() + timedelta(days=8)) == 1
    assert await hooks.rows.count("webhook_delivery") == 0


async def test_a_rotation_of_keys_takes_the_secrets_along(hooks: Hooks) -> None:
    """Afterwards the new key alone opens them, and posts are signed with the secret that was told."""
    made = await hooks.listen("/all")
    both = Keyring((Keyring.generate("k2").keys[0], *hooks.keyring.keys))
    world = World(hooks.rows.engine, both)
    rotated = await world.rotate_keys(RotateKeysCommand(batch_size=100))
    assert rotated.left == 0
    hooks.vault = AesGcmVault(Keyring(both.keys[:1]))
    await hooks.happen()
    await hooks.deliver_due()
    (told,) = hooks.receiver.of("/all")
    id_, timestamp = told.headers["webhook-id"], int(told.headers["webhook-timestamp"])
    assert told.headers["webhook-signature"] == sign([made.secret], id_, timestamp, told.body)
