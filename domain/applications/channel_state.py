"""What stands between an application and a channel: credentials, pauses and alerts, as they may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import attrs

from domain.shared.channels import SubscriptionType
from domain.shared.json_values import Json


@attrs.frozen(slots=True)
class CredentialSummary:
    """The current credential of a provider without anything secret."""

    provider: str
    version: int
    summary: Mapping[str, Json]
    created_at: datetime


@attrs.frozen(slots=True)
class ChannelPause:
    """While this exists, chunks of (application, type) are held."""

    application_id: UUID
    type: SubscriptionType
    reason: str
    detail: Mapping[str, Json]
    credential_version: int | None
    paused_at: datetime


@attrs.frozen(slots=True)
class Alert:
    """Something an operator should look at; `application_id` is None for the installation."""

    id: UUID
    application_id: UUID | None
    kind: str
    detail: Mapping[str, Json]
    raised_at: datetime
    resolved_at: datetime | None
    severity: str = "warning"
    """`warning` or `critical`."""
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    escalation: int = 0
    """How many further people were told because nobody acknowledged it."""
