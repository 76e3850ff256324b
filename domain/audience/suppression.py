"""Suppressed addresses: nobody writes to them again, whoever registers them, until an operator or the recipient says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs

from domain.shared.channels import Channel


class SuppressionReason(StrEnum):
    """The value is what the wire and the database hold."""

    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"
    BLOCKED = "blocked"
    """STOP, 080, the carrier's block list."""
    MANUAL = "manual"


SUPPRESSING: Final[Mapping[int, SuppressionReason]] = {
    -42: SuppressionReason.HARD_BOUNCE,
    -44: SuppressionReason.COMPLAINT,
    -45: SuppressionReason.UNSUBSCRIBED,
    -54: SuppressionReason.BLOCKED,
}
"""Subscription codes that suppress the address, too: it stays suppressed when the subscription is deleted."""

_CODES: Final[Mapping[SuppressionReason, int]] = {reason: code for code, reason in SUPPRESSING.items()}


def code_of(reason: SuppressionReason | None) -> int | None:
    """The subscription code that suppresses for this reason; an operator's own suppression has none."""
    return None if reason is None else _CODES.get(reason)


CLEARING: Final[Mapping[int, timedelta]] = {
    -43: timedelta(days=30),
    -53: timedelta(days=7),
    -60: timedelta(days=30),
    -73: timedelta(days=7),
}
"""Codes that end by themselves after a time (channel fact sheet 0.2); a full device may have room again."""

SOFT_SPAN: Final = timedelta(days=3)
"""The first and the last of the faults that set a code together are at least so far apart."""

WITHOUT_ADDRESSES: Final = frozenset({Channel.PUSH, Channel.IN_APP})
"""Channels whose tokens belong to an install, not to a person: nothing of them is suppressed."""


@attrs.frozen(slots=True)
class Suppression:
    """One suppressed address of an application; the address itself is not kept, only its blind index."""

    channel: Channel
    index: bytes = attrs.field(repr=False)
    reason: SuppressionReason
    source: str
    """Who said so: provider, api, recipient."""
    created_at: datetime
