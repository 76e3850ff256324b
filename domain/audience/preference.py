"""What a recipient may switch by themselves: which codes are their own word, and which are facts that no switch changes."""

from __future__ import annotations

from typing import Final

from domain.audience.status_catalogue import SUBSCRIBED, UNSUBSCRIBED_BY_USER
from domain.shared.channels import SubscriptionType

OPT_OUT_CODES: Final = {SubscriptionType.EMAIL: -45, SubscriptionType.SMS: -54}
"""Types whose opt-out is the address's, whatever subscription has it, and outlives them all."""


def is_on(status: int) -> bool:
    return status >= SUBSCRIBED


def may_switch(type: SubscriptionType, status: int) -> bool:
    """Not what waits for a confirmation, cannot be delivered or was switched off by the application."""
    return is_on(status) or status == UNSUBSCRIBED_BY_USER or status == OPT_OUT_CODES.get(type)


def masked(type: SubscriptionType, address: str) -> str:
    """Enough of an address for its owner to know it by: `m***@example.com`, `+82***5678`."""
    if type is SubscriptionType.EMAIL:
        local, _, host = address.rpartition("@")
        return f"{local[:1]}***@{host}"
    if type in (SubscriptionType.SMS, SubscriptionType.KAKAO_TALK):
        return f"{address[:3]}***{address[-4:]}" if len(address) > 9 else "***"
    return ""
