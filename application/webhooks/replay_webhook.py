"""Look at what an endpoint was told, tell it again, or send it a test."""

from __future__ import annotations

import json
from uuid import UUID

import attrs

from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.webhooks import Webhooks
from application.webhooks.commands import ListDeliveriesCommand, ReplayWebhookCommand, WebhookCommand
from application.webhooks.manage_webhooks import ABSENT
from domain.shared.errors import Conflict, InvalidInput, NotFound
from domain.shared.page import Page, check_limit, decode_id_cursor
from domain.webhooks.endpoint import Delivery, DeliveryState
from domain.webhooks.event_types import TEST
from domain.webhooks.schedule import KEPT


@attrs.frozen(kw_only=True)
class ListDeliveries:
    webhooks: Webhooks

    async def __call__(self, command: ListDeliveriesCommand) -> Page[Delivery]:
        """Newest first. Raise NotFound, or InvalidInput for a bad state, cursor or limit."""
        limit = check_limit(command.limit)
        state = None if command.state is None else _state(command.state)
        before = decode_id_cursor(command.cursor)
        if await self.webhooks.read(command.application_id, command.webhook_id) is None:
            raise NotFound(ABSENT)
        found = await self.webhooks.deliveries(
            command.application_id, command.webhook_id, state=state, before=before, limit=limit + 1
        )
        return Page.cut(found, limit, lambda one: one.event_id)


def _state(name: str) -> DeliveryState:
    for state in DeliveryState:
        if state.wire == name:
            return state
    names = ", ".join(state.wire for state in DeliveryState)
    raise InvalidInput(f"{name[:50]!r} is not a state", field="state", fix=f"use one of {names}")


@attrs.frozen(kw_only=True)
class ReplayWebhook:
    webhooks: Webhooks
    clock: Clock

    async def __call__(self, command: ReplayWebhookCommand) -> int:
        """How many events the endpoint is told again, under the ids that they had.

        Raise NotFound, Conflict when the endpoint is switched off, InvalidInput for a moment that is not within the last seven days.
        """
        endpoint = await self.webhooks.read(command.application_id, command.webhook_id)
        if endpoint is None:
            raise NotFound(ABSENT)
        now = self.clock.now()
        if not now - KEPT <= command.since <= now:
            raise InvalidInput(
                "since is not within the last seven days", field="since", fix="events are kept for seven days"
            )
        if not endpoint.is_active:
            raise Conflict("the webhook is switched off", fix="set is_active to true first")
        return await self.webhooks.replay(command.application_id, command.webhook_id, command.since, now)


@attrs.frozen(kw_only=True)
class SendTestEvent:
    webhooks: Webhooks
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: WebhookCommand) -> UUID:
        """The id of the event, which goes out like any other. Raise NotFound, Conflict when the endpoint is switched off."""
        endpoint = await self.webhooks.read(command.application_id, command.webhook_id)
        if endpoint is None:
            raise NotFound(ABSENT)
        if not endpoint.is_active:
            raise Conflict("the webhook is switched off", fix="set is_active to true first")
        now = self.clock.now()
        occurred_at = now.isoformat().replace("+00:00", "Z")
        event = {"id": str(self.identifiers.one()), "type": TEST, "occurred_at": occurred_at}
        made = await self.webhooks.send_test(
            command.application_id, command.webhook_id, json.dumps([event]), now
        )
        if made is None:
            raise NotFound(ABSENT)
        return made
