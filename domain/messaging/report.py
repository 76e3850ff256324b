"""What a provider says after it took a message: about that message, or about an address."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import attrs

from domain.messaging.event import MessageEventType
from domain.messaging.outcome import Details, SoftFault
from domain.shared.channels import SubscriptionType


@attrs.frozen(slots=True)
class MessageReport:
    """One statement about one message of ours, found by the client_ref that the provider gave back."""

    message_id: UUID
    event: MessageEventType
    """SENT, RECEIVED, CONVERTED, FAILED; DISPLAYED (an opened mail) and CLICKED; REPORTED changes no state."""
    occurred_at: datetime
    reason: str | None = None
    """The provider's own word; for FAILED the message's error_reason."""
    subscription_code: int | None = None
    """Set on the subscription at once."""
    soft: SoftFault | None = None
    message_code: int | None = None
    """A code that concerns this message only: recorded, never set."""
    clears: frozenset[int] = frozenset()
    """Subscription codes that no longer hold (a complaint withdrawn)."""
    provider_id: str | None = None
    recipient: str | None = attrs.field(default=None, repr=False)
    """The address in the canonical form of the channel, where the provider names it: a subscription that has another
    address by now gets no code."""
    details: Details = attrs.field(factory=dict)


@attrs.frozen(slots=True)
class AddressReport:
    """One statement about an address, whatever message it followed: STOP, START, a call of an 080 number."""

    type: SubscriptionType
    address: str = attrs.field(repr=False)
    """In the canonical form of the channel."""
    occurred_at: datetime
    reason: str
    code: int | None = None
    """Set on every subscription of this address."""
    clears: frozenset[int] = frozenset()
    """Subscription codes that no longer hold for this address."""


ProviderReport = MessageReport | AddressReport
