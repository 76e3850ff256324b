"""Messages: how steps of every context send them, follow them and report on them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from application.messaging.accept_command import AcceptMessages, AcceptResult, MessageRequest, Target
from application.messaging.record_receipts import Receipt
from application.ports.messages import MessageView
from domain.applications.scopes import Scope
from domain.messaging.event import MessageEventType, Source
from domain.messaging.lifecycle import Status
from domain.shared.channels import Channel
from tests.bdd.world import Phone, Sent, Shop, World

STATUSES = {
    "waiting": Status.PENDING,
    "sent": Status.SUCCESSFUL,
    "failed": Status.FAILED,
    "waiting for another attempt": Status.ERRORED,
    "received": Status.RECEIVED,
    "opened": Status.CONVERTED,
    "canceled": Status.CANCELED,
}
"""The business's word for each state."""
EVENTS = {
    MessageEventType.CREATED: "accepted",
    MessageEventType.SENT: "sent",
    MessageEventType.FAILED: "failed",
    MessageEventType.ERRORED: "attempt failed",
    MessageEventType.RETRIED: "sent again by hand",
    MessageEventType.RECEIVED: "received",
    MessageEventType.CONVERTED: "opened",
    MessageEventType.CANCELED: "canceled",
}
REPORTS = {"received": MessageEventType.RECEIVED, "opened": MessageEventType.CONVERTED}


def order(
    world: World,
    title: str,
    recipients: Sequence[str],
    *,
    shop: Shop | None = None,
    delay: timedelta | None = None,
    lifetime: timedelta | None = None,
    once: str | None = None,
    allow_partial: bool = False,
) -> AcceptMessages:
    """The command for a message to phones (by their names) or people (by their external ids)."""
    shop = shop or world.shop
    targets = []
    for index, name in enumerate(recipients):
        phone = world.phones.get(name)
        targets.append(
            Target(index, external_id=name) if phone is None else Target(index, subscription_id=phone.push)
        )
    request = MessageRequest(
        targets,
        {Channel.PUSH: {"title": title, "body": "…"}},
        ttl_seconds=None if lifetime is None else int(lifetime.total_seconds()),
        send_at=None if delay is None else world.clock.now() + delay,
    )
    return AcceptMessages(
        shop.id,
        [request],
        idempotency_key=once,
        request_hash=hashlib.sha256(repr((title, recipients)).encode()).digest(),
        single=len(targets) == 1,
        allow_partial=allow_partial,
    )


def send(world: World, command: AcceptMessages, *, key: str | None = None) -> AcceptResult | None:
    """Send as the shop's server does, with its key; None when refused. The ids are kept under the title."""
    answer = world.attempt(hand_over(world, command, key))
    if answer is not None:
        keep(world, command, answer)
    return answer


async def hand_over(world: World, command: AcceptMessages, key: str | None = None) -> AcceptResult:
    """Who calls, and may they; then accept, with everything running that delivers."""
    if key is None:
        key = next(one.keys["first"] for one in world.shops.values() if one.id == command.application_id)
    principal = await world.use_cases.authenticate_key()(key)
    principal.require(Scope.MESSAGES_WRITE)
    principal.act_on(command.application_id)
    world.start()
    return await world.use_cases.accept_messages()(command)


def keep(world: World, command: AcceptMessages, answer: AcceptResult) -> None:
    """Remember what was accepted under its title."""
    title = str(command.requests[0].content[Channel.PUSH]["title"])
    shop = next(one for one in world.shops.values() if one.id == command.application_id)
    sent = world.messages.setdefault(title, Sent(shop))
    sent.ids.extend(one for one in answer.message_ids if one not in sent.ids)
    world.answers.append(answer)


def read(world: World, title: str) -> list[MessageView]:
    """The messages of a title with their history."""
    sent = world.messages[title]
    return [world.run(world.use_cases.read_message()(sent.shop.id, id_)) for id_ in sent.ids]


def wait_for_status(world: World, title: str, status: str) -> None:
    """Wait until every message of the title is in this state; fail early when one ended otherwise."""
    wanted = STATUSES[status]
    sent = world.messages[title]
    messages = world.node.infrastructure.messages()
    found: list[str] = []

    async def holds() -> bool:
        views = [await messages.read(sent.shop.id, id_) for id_ in sent.ids]
        found[:] = [view.status.wire for view in views if view is not None]
        return all(view is not None and view.status is wanted for view in views)

    try:
        world.until(holds, f"“{title}” never became {status}")
    except AssertionError as error:
        raise AssertionError(f"{error}; it is {found}") from None


def history(view: MessageView) -> list[str]:
    """What happened to a message, in the business's words."""
    return [EVENTS[event.event_type] for event in view.events]


def tell(world: World, phone: Phone, title: str, *whats: str) -> list[str]:
    """Report receipts of the phone's messages, as its SDK does; answer the verdicts."""
    assert phone.install_id is not None
    receipts = [
        Receipt(None, id_, phone.push, REPORTS[what], world.clock.now())
        for what in whats
        for id_ in world.messages[title].ids
    ]
    record = world.use_cases.receipt_gatherer()
    verdicts = world.run(record(phone.shop.id, receipts, Source.SDK, install_id=phone.install_id))
    return [verdict.value for verdict in verdicts]
