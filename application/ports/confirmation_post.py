"""How the message that asks for a confirmation gets on its way: through the platform itself."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

import attrs

from domain.shared.channels import SubscriptionType


@attrs.frozen(slots=True, kw_only=True)
class ConfirmationLetter:
    """What it has to say, and to whom."""

    application_id: UUID
    application_name: str
    subscription_id: UUID
    type: SubscriptionType
    language: str
    code: str = attrs.field(repr=False)
    link_token: str = attrs.field(repr=False)
    lifetime_seconds: int


class ConfirmationPost(Protocol):
    async def __call__(self, letter: ConfirmationLetter) -> None:
        """Accept it as a message, metered as every other. Raise a SignalError when it cannot be sent now."""
        ...
