"""What a registration or a device's report brings to a subscription: a sealed token, permission, switches."""

from __future__ import annotations

import attrs

from domain.audience.device import Permission
from domain.shared.unset import UNSET, Unset


@attrs.frozen(slots=True)
class SealedToken:
    """A token as it is stored: ciphertext, and the blind index by which an equal one is found."""

    ciphertext: bytes = attrs.field(repr=False)
    key_id: str
    index: bytes = attrs.field(repr=False)
    index_key_id: str


@attrs.frozen(slots=True, kw_only=True)
class SubscriptionUpdate:
    """What a registration or a report says about token, permission and switches; UNSET leaves a thing as it is."""

    token: SealedToken | None = None
    """A token other than the one there is."""
    fault: int | None = None
    """The code of an address that nothing could reach, -40 or -50."""
    token_again: bool = False
    """The token there is was registered once more."""
    permission: Permission | Unset | None = UNSET
    error: int | Unset | None = UNSET
    """What the SDK says stands in the way; None: nothing."""
    enabled: bool | Unset = UNSET
    """The user's switch: off is -2, which token refresh and restart do not lift; on never lifts -31."""
    await_confirmation: bool = False
    """Double opt-in: -98 until `confirm`."""
