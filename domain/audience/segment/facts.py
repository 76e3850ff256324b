"""What is known of one subscription when a segment is tested against it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import attrs

from domain.audience.device import Permission
from domain.audience.segment.fields import Operator
from domain.shared.channels import SubscriptionType
from domain.shared.json_values import Json

Reaches = Mapping[UUID, frozenset[Operator]]
"""Campaign → how far its message came: some of sent, received, converted."""


@attrs.frozen(slots=True, kw_only=True)
class UserFacts:
    """The user that a subscription is linked to; one who is archived counts as none."""

    external_id: str
    created_at: datetime
    last_active_at: datetime | None = None
    properties: Mapping[str, Json] = attrs.field(factory=dict)


@attrs.frozen(slots=True, kw_only=True)
class SubscriptionFacts:
    """The fields of the same names of a subscription, its user, and the campaigns that reached either."""

    id: UUID
    type: SubscriptionType
    created_at: datetime
    tags: Mapping[str, Json] = attrs.field(factory=dict)
    device_language: str | None = None
    country_code: str | None = None
    app_version: str | None = None
    sdk_version: str | None = None
    device_model: str | None = None
    device_os: str | None = None
    test_type: int = 0
    permission: Permission | None = None
    subscription_status: int = 0
    subscribed_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    last_active_at: datetime | None = None
    messages_received: int = 0
    messages_converted: int = 0
    last_received_at: datetime | None = None
    last_converted_at: datetime | None = None
    user: UserFacts | None = None
    reached: Reaches = attrs.field(factory=dict)
    """By this subscription."""
    reached_user: Reaches = attrs.field(factory=dict)
    """By any subscription of the same user; empty without one."""
