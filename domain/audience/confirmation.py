"""Double opt-in: how long an address waits for its owner's word, how often it is asked, and how often one may guess."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from domain.shared.channels import SubscriptionType

CONFIRMED_TYPES: Final = frozenset({SubscriptionType.EMAIL, SubscriptionType.SMS})
"""What can be confirmed: addresses to which a message is a proof of possession."""

PENDING_FOR: Final = timedelta(hours=72)
"""Then the subscription is as if it had never been subscribed, until it is registered or asked for again."""
CODE_HOLDS: Final = {SubscriptionType.EMAIL: PENDING_FOR, SubscriptionType.SMS: timedelta(minutes=5)}
CODE_DIGITS: Final = 6
MAX_TRIES: Final = 5
"""Wrong or right, for each code."""
MAX_SENDS_A_DAY: Final = 3
"""To one address of an application, whoever asks: nobody's inbox is filled by others' registrations."""
DAY: Final = timedelta(days=1)
LEAST_GAP: Final = timedelta(seconds=30)
"""Between two messages to the same address."""


def code_from(draw: float) -> str:
    """A code of CODE_DIGITS digits from a uniform draw in [0, 1)."""
    return f"{int(draw * 10**CODE_DIGITS):0{CODE_DIGITS}d}"


def wait_before_sending(sent: Iterable[datetime], now: datetime) -> timedelta:
    """How long until the next confirmation may go to an address, given when earlier ones went; zero: now."""
    recent = sorted(one for one in sent if one > now - DAY)
    if not recent:
        return timedelta()
    gap = recent[-1] + LEAST_GAP - now
    full = recent[-MAX_SENDS_A_DAY] + DAY - now if len(recent) >= MAX_SENDS_A_DAY else timedelta()
    return max(gap, full, timedelta())
