"""Addresses that wait for their owner's word, as storage sees them: a row for each, written with the registration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.shared.channels import SubscriptionType


@attrs.frozen(slots=True, kw_only=True)
class Asked:
    """A subscription whose address has to be confirmed, from now on."""

    subscription_id: UUID
    application_id: UUID
    address_index: bytes = attrs.field(repr=False)
    pending_until: datetime


@attrs.frozen(slots=True, kw_only=True)
class Pending:
    """What there is to compare an answer with."""

    confirmation_id: UUID | None
    """Of the message sent last; None: none was sent yet."""
    code_hash: bytes | None = attrs.field(repr=False)
    code_key_id: str | None
    code_until: datetime | None
    tries: int
    is_due: bool
    """A message is about to be sent."""


@attrs.frozen(slots=True, kw_only=True)
class DueConfirmation:
    """A message to send, and all it depends on."""

    subscription_id: UUID
    application_id: UUID
    application_name: str
    type: SubscriptionType
    language: str
    pending_until: datetime
    sent: Sequence[datetime]
    """When messages went to this address lately, whatever subscription they were for."""


class Confirmations(Protocol):
    """Within the audience's unit of work; the subscription is locked before its row here."""

    async def ask(self, asked: Sequence[Asked], now: datetime) -> None:
        """Make a message due for each; what was sent before is void, and counts."""
        ...

    async def pending(self, subscription_id: UUID) -> Pending | None:
        """Locked; None when nothing waits."""
        ...

    async def count_try(self, subscription_id: UUID) -> None: ...

    async def sent_to(self, application_id: UUID, address_index: bytes) -> Sequence[datetime]:
        """When messages went to this address."""
        ...

    async def settle(self, subscription_id: UUID) -> None:
        """It was confirmed: no code and no link is good any more; what was sent still counts."""
        ...


class ConfirmationQueue(Protocol):
    """Across all applications, for who sends the messages."""

    async def due(self, now: datetime, again_at: datetime, limit: int) -> Sequence[DueConfirmation]:
        """Those whose message is due, each to one caller: they come again at `again_at` unless `sent` or `put_off`."""
        ...

    async def issue(
        self,
        subscription_id: UUID,
        confirmation_id: UUID,
        code_hash: bytes,
        code_key_id: str,
        code_until: datetime,
    ) -> bool:
        """Make this message's code and link the ones that count; False when nothing waits any more."""
        ...

    async def sent(self, subscription_id: UUID, confirmation_id: UUID, now: datetime) -> None:
        """The message is in the queue; nothing when another was issued meanwhile."""
        ...

    async def put_off(self, subscription_id: UUID, until: datetime) -> None: ...

    async def expire(self, now: datetime, limit: int) -> int:
        """Forget what waited too long; those subscriptions are as if never subscribed. Answer how many."""
        ...
