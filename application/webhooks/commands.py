"""What callers ask of webhooks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import attrs

from domain.shared.page import DEFAULT_LIMIT
from domain.webhooks.endpoint import Endpoint


@attrs.frozen(kw_only=True)
class CreateWebhookCommand:
    application_id: UUID
    url: str
    description: str = ""
    event_types: tuple[str, ...] = ()
    """Filters; none: everything."""


@attrs.frozen(kw_only=True)
class UpdateWebhookCommand:
    application_id: UUID
    webhook_id: UUID
    url: str | None = None
    description: str | None = None
    event_types: tuple[str, ...] | None = None
    is_active: bool | None = None


@attrs.frozen(kw_only=True)
class WebhookCommand:
    """Names one endpoint."""

    application_id: UUID
    webhook_id: UUID


@attrs.frozen(kw_only=True)
class ListDeliveriesCommand:
    application_id: UUID
    webhook_id: UUID
    state: str | None = None
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@attrs.frozen(kw_only=True)
class ReplayWebhookCommand:
    application_id: UUID
    webhook_id: UUID
    since: datetime


@attrs.frozen(kw_only=True)
class CreatedWebhook:
    """The only time that the secret is told."""

    endpoint: Endpoint
    secret: str = attrs.field(repr=False)
