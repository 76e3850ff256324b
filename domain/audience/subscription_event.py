"""What is written down about a subscription: what happened, who said so, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import attrs

from domain.shared.json_values import Json


class SubscriptionEventType(StrEnum):
    """The value is what the wire and the database hold."""

    CREATED = "created"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    STATUS_CHANGED = "status_changed"
    TOKEN_CHANGED = "token_changed"  # noqa: S105
    LINKED = "linked"
    UNLINKED = "unlinked"
    TAGS_CHANGED = "tags_changed"
    UPDATED = "updated"
    ARCHIVED = "archived"
    RESTORED = "restored"


class ChangeSource(StrEnum):
    """Who caused a change; the value is what the wire and the database hold."""

    SDK = "sdk"
    API = "api"
    PROVIDER = "provider"
    WORKER = "worker"
    SYSTEM = "system"
    RECIPIENT = "recipient"
    """Through a signed link, without a login."""


class ChangeReason:
    """`reason` values that are ours; every other one is a provider's own word or the API caller's."""

    REGISTERED: Final = "registered"
    REPORTED: Final = "reported"
    USER_ENABLED: Final = "user_enabled"
    USER_DISABLED: Final = "user_disabled"
    API_ENABLED: Final = "api_enabled"
    API_DISABLED: Final = "api_disabled"
    LOGIN: Final = "login"
    LOGOUT: Final = "logout"
    REQUESTED: Final = "requested"
    TOKEN_MOVED: Final = "token_moved"  # noqa: S105
    INSTALL_MOVED: Final = "install_moved"
    MERGED: Final = "merged"
    CONFIRMED: Final = "confirmed"
    CONFIRMATION_EXPIRED: Final = "confirmation_expired"
    PREFERENCES: Final = "preference_page"


@attrs.frozen(slots=True)
class SubscriptionChange:
    """Something that happened to a subscription inside an aggregate, before it is given an id and stored."""

    event_type: SubscriptionEventType
    source: ChangeSource
    occurred_at: datetime
    user_id: UUID | None
    reason: str | None = None
    metadata: Mapping[str, Json] = attrs.field(factory=dict)


@attrs.frozen(slots=True)
class SubscriptionEvent:
    """One line of a subscription's history."""

    id: UUID
    subscription_id: UUID
    user_id: UUID | None
    application_id: UUID
    event_type: SubscriptionEventType
    channel: str
    source: str
    reason: str | None
    metadata: Mapping[str, Json]
    occurred_at: datetime
