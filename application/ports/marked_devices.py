"""The devices that an application marked for tests: subscriptions whose test_type is above 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import attrs

from domain.shared.channels import SubscriptionType


@attrs.frozen(slots=True)
class MarkedOfType:
    """How many of one type are marked, and which of them can be reached."""

    type: SubscriptionType
    subscribed: int
    not_subscribed: int
    ids: Sequence[UUID]
    """Subscribed ones, the oldest first, as many as were asked for."""


class MarkedDevices(Protocol):
    async def of(self, application_id: UUID, *, limit: int) -> Sequence[MarkedOfType]:
        """By type, archived ones left out, at most `limit` ids of each; types without a marked device are missing."""
        ...
