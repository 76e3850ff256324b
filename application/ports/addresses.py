"""Addresses of an application, whatever subscriptions have them: what providers report about them, and suppression."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.audience.suppression import Suppression, SuppressionReason
from domain.shared.channels import Channel, SubscriptionType


@attrs.frozen(slots=True)
class AddressChange:
    """What a report says of one address."""

    type: SubscriptionType
    index: bytes
    """The blind index under the current key, and its key: what is written."""
    index_key_id: str
    indexes: Sequence[bytes]
    """The index under every key that is still read: what is looked up."""
    occurred_at: datetime
    reason: str
    code: int | None = None
    clears: frozenset[int] = frozenset()


@attrs.frozen(slots=True)
class NewSuppression:
    """An address that an operator suppresses."""

    channel: Channel
    index: bytes
    index_key_id: str
    indexes: Sequence[bytes]
    reason: SuppressionReason


class Addresses(Protocol):
    async def report(self, application_id: UUID, changes: Sequence[AddressChange], now: datetime) -> int:
        """Set and clear codes on live subscriptions of these addresses, suppress and lift; answer how many subscriptions
        changed. What is older than what is known of an address changes nothing. Raise Unavailable."""
        ...

    async def suppress(self, application_id: UUID, new: NewSuppression, now: datetime) -> Suppression:
        """Suppress, or answer the suppression that stands. Raise NotFound when there is no such application."""
        ...

    async def lift(
        self, application_id: UUID, channel: Channel, indexes: Sequence[bytes], now: datetime
    ) -> bool:
        """Lift a suppression and clear the codes that went with it; False when there was none."""
        ...

    async def suppressions(
        self,
        application_id: UUID,
        *,
        channel: Channel | None,
        indexes: Sequence[bytes] | None,
        before: tuple[datetime, bytes] | None,
        limit: int,
    ) -> Sequence[Suppression]:
        """Newest first, from after `before` on; with `indexes` only those."""
        ...
