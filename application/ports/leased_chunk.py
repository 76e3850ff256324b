"""A leased chunk, and its messages and contents as a worker loads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import attrs

from application.ports.vault import Sealed
from domain.messaging.content import Body, Json
from domain.shared.channels import Channel, Lane, SubscriptionType

Traits = tuple[UUID | None, UUID | None, str | None, str | None]
"""What a message is counted by besides its type: campaign, template, country and app version."""


@attrs.frozen(slots=True)
class Chunk:
    """A leased chunk: work of one application, subscription type, lane and reservation."""

    id: UUID
    application_id: UUID
    reservation_id: UUID
    channel: Channel
    type: SubscriptionType
    lane: Lane
    fence: int
    recoveries: int
    message_ids: Sequence[UUID]
    deadline: datetime | None = None
    """No send may start after this: the lease may be taken over."""
    expires_at: datetime | None = None
    campaign_id: UUID | None = None
    wave: int | None = None
    """Which part of the campaign it is of."""
    pace: float | None = None
    """Sends a second of the whole campaign, across all workers; None: as fast as the channel takes them."""


@attrs.define(slots=True)
class LoadedMessage:
    """A message with what its subscription looks like now (None where the subscription vanished)."""

    id: UUID
    status: int
    attempts: int
    content_id: UUID
    expires_at: datetime | None
    user_targeted: bool
    user_id: UUID | None
    subscription_id: UUID
    owner_id: UUID | None
    """The user the subscription belongs to now."""
    subscription_status: int | None
    is_archived: bool | None
    token: Sealed | None
    token_version: int
    environment: int | None
    test_type: int
    app_version: str | None
    variables: bytes | None = None
    """Sealed; see `application.ports.sealed_variables`."""
    country_code: str | None = None
    campaign_id: UUID | None = None
    template_id: UUID | None = None
    """Known once its content is."""
    suppressed: bool = False
    """Nobody writes to this address again."""
    overtaken: bool = False
    """Another message of its fallback arrived."""

    @property
    def traits(self) -> Traits:
        return self.campaign_id, self.template_id, self.country_code, self.app_version


@attrs.frozen(slots=True)
class StoredContent:
    """A content row; `template` names the template version that the body is of, None: it is said as it is."""

    body: Body
    template: Mapping[str, Json] | None = None
