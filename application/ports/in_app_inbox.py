"""In-app messages that wait for one install, as storage sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.messaging.content import Body
from domain.shared.json_values import Json


@attrs.frozen(slots=True, kw_only=True)
class InAppRecipient:
    """What is known of the subscription that asks."""

    subscription_id: UUID
    user_id: UUID | None
    status: int
    device: Mapping[str, str]
    """Whatever the device reported, by the names of the wire."""
    tags: Mapping[str, Json]


@attrs.frozen(slots=True, kw_only=True)
class WaitingInApp:
    """A message that was delivered into the inbox and is not over yet."""

    message_id: UUID
    campaign_id: UUID | None
    user_id: UUID | None
    """Whom it was for, when it was for a user; None: for the install, whoever uses it."""
    seen_at: datetime | None
    """When it was on the screen first."""
    content_id: UUID
    body: Body
    template: Mapping[str, Json] | None = None
    """The template version that the body is of; None: it is said as it is."""
    variables: bytes | None = attrs.field(default=None, repr=False)
    """Sealed; what it is rendered with."""


class InAppInbox(Protocol):
    async def recipient(
        self, application_id: UUID, subscription_id: UUID, install_id: UUID
    ) -> InAppRecipient | None:
        """The live in-app subscription, if it is this install's."""
        ...

    async def waiting(self, subscription_id: UUID, *, now: datetime, limit: int) -> Sequence[WaitingInApp]:
        """The newest that are neither expired, failed, canceled nor converted."""
        ...
