"""Make, read, change and remove endpoints; give one a new secret."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import attrs

from application.ports.clock import Clock
from application.ports.identifiers import Identifiers, Randomness
from application.ports.vault import Sealed, Vault
from application.ports.webhooks import WEBHOOK_COLUMN, EndpointChange, Webhooks
from application.webhooks.commands import (
    CreatedWebhook,
    CreateWebhookCommand,
    UpdateWebhookCommand,
    WebhookCommand,
)
from domain.shared.errors import NotFound
from domain.webhooks.destination import Network, check_url
from domain.webhooks.endpoint import MOST_ENDPOINTS, Endpoint
from domain.webhooks.event_types import check_filters
from domain.webhooks.schedule import OLD_SECRET_KEPT
from domain.webhooks.signature import SECRET_BYTES, secret_text

ABSENT = "there is no such webhook"


@attrs.frozen(kw_only=True)
class CreateWebhook:
    webhooks: Webhooks
    vault: Vault
    networks: Sequence[Network]
    clock: Clock
    identifiers: Identifiers
    randomness: Randomness

    async def __call__(self, command: CreateWebhookCommand) -> CreatedWebhook:
        """Raise InvalidInput for a URL or a filter that cannot be used, Conflict when there are twenty endpoints."""
        check_url(command.url, self.networks)
        filters = check_filters(command.event_types)
        now = self.clock.now()
        endpoint = Endpoint(
            self.identifiers.one(), command.application_id, command.url, command.description, filters, True, None,
            None, now, now,
        )  # fmt: skip
        secret = secret_text(self.randomness.secret(SECRET_BYTES))
        sealed = seal_secret(self.vault, command.application_id, endpoint.id, secret)
        await self.webhooks.add(endpoint, sealed, at_most=MOST_ENDPOINTS)
        return CreatedWebhook(endpoint=endpoint, secret=secret)


@attrs.frozen(kw_only=True)
class ListWebhooks:
    webhooks: Webhooks

    async def __call__(self, application_id: UUID) -> Sequence[Endpoint]:
        """All of them, in the order in which they were made."""
        return await self.webhooks.list(application_id)


@attrs.frozen(kw_only=True)
class ReadWebhook:
    webhooks: Webhooks

    async def __call__(self, command: WebhookCommand) -> Endpoint:
        """Raise NotFound."""
        found = await self.webhooks.read(command.application_id, command.webhook_id)
        if found is None:
            raise NotFound(ABSENT)
        return found


@attrs.frozen(kw_only=True)
class UpdateWebhook:
    webhooks: Webhooks
    networks: Sequence[Network]
    clock: Clock

    async def __call__(self, command: UpdateWebhookCommand) -> Endpoint:
        """Raise NotFound, or InvalidInput for what cannot be used. Switching on forgets that it failed."""
        if command.url is not None:
            check_url(command.url, self.networks)
        change = EndpointChange(
            command.url,
            command.description,
            None if command.event_types is None else check_filters(command.event_types),
            command.is_active,
        )
        changed = await self.webhooks.change(
            command.application_id, command.webhook_id, change, self.clock.now()
        )
        if changed is None:
            raise NotFound(ABSENT)
        return changed


@attrs.frozen(kw_only=True)
class RemoveWebhook:
    webhooks: Webhooks

    async def __call__(self, command: WebhookCommand) -> None:
        """What it was owed is forgotten with it. Raise NotFound."""
        if not await self.webhooks.remove(command.application_id, command.webhook_id):
            raise NotFound(ABSENT)


@attrs.frozen(kw_only=True)
class RotateWebhookSecret:
    webhooks: Webhooks
    vault: Vault
    clock: Clock
    randomness: Randomness

    async def __call__(self, command: WebhookCommand) -> str:
        """The new secret, told once; the one before signs besides it for a day. Raise NotFound."""
        secret = secret_text(self.randomness.secret(SECRET_BYTES))
        sealed = seal_secret(self.vault, command.application_id, command.webhook_id, secret)
        now = self.clock.now()
        if not await self.webhooks.rotate(
            command.application_id, command.webhook_id, sealed, old_until=now + OLD_SECRET_KEPT, now=now
        ):
            raise NotFound(ABSENT)
        return secret


def seal_secret(vault: Vault, application_id: UUID, endpoint_id: UUID, secret: str) -> Sealed:
    """Bound to the application and the endpoint."""
    return vault.seal(secret, application_id=application_id, row=str(endpoint_id), column=WEBHOOK_COLUMN)
