"""A subscription's status code as a value: what it means, and the specification's calculations on it."""

from __future__ import annotations

from typing import Literal

import attrs

from domain.audience.status_catalogue import (
    AWAITING_CONFIRMATION,
    CATALOGUE,
    DISABLED_BY_API,
    NEVER_SUBSCRIBED,
    NEVER_SUBSCRIBED_EITHER,
    SUBSCRIBED,
    TYPES_OF,
    UNSUBSCRIBED_BY_USER,
    CodeRange,
    Setter,
    StatusCode,
    range_of,
)
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput

_NO_ERROR = frozenset(
    {
        NEVER_SUBSCRIBED,
        UNSUBSCRIBED_BY_USER,
        DISABLED_BY_API,
        AWAITING_CONFIRMATION,
        NEVER_SUBSCRIBED_EITHER,
    }
)


def _known(instance: object, attribute: attrs.Attribute[int], code: int) -> None:
    if code < SUBSCRIBED and code not in CATALOGUE:
        raise InvalidInput(f"{code} is not a subscription status", field="subscription_status")
    if code < SUBSCRIBED and CATALOGUE[code].is_message_only:
        raise InvalidInput(
            f"{code} ({CATALOGUE[code].en}) is a fault of one message, never a subscription's status",
            field="subscription_status",
            fix="record it on the message",
        )


@attrs.frozen(slots=True, order=False)
class SubscriptionStatus:
    """Any code ≥ 1, or one of the catalogue that a subscription may have; anything else raises InvalidInput."""

    code: int = attrs.field(validator=_known)

    @property
    def is_subscribed(self) -> bool:
        return self.code >= SUBSCRIBED

    @property
    def is_unsubscribed(self) -> bool:
        """By the user or through the API; a fault is not an unsubscription."""
        return self.code in (UNSUBSCRIBED_BY_USER, DISABLED_BY_API)

    @property
    def has_error(self) -> bool:
        """Every code below 1 except 0, -2, -31, -98, -99."""
        return self.code < SUBSCRIBED and self.code not in _NO_ERROR

    @property
    def error_code_range(self) -> CodeRange:
        return range_of(self.code)

    @property
    def line(self) -> StatusCode:
        """The line of the catalogue; every code ≥ 1 reads as 1."""
        return CATALOGUE[min(self.code, SUBSCRIBED)]

    def meaning(self, language: Literal["ko", "en"] = "en") -> str:
        return self.line.ko if language == "ko" else self.line.en

    def may_be_set_by(self, setter: Setter) -> bool:
        return setter in self.line.setters

    def applies_to(self, type: SubscriptionType) -> bool:
        """A band's codes belong to its channel; basic codes to every channel."""
        range_ = self.error_code_range
        return range_ is CodeRange.OTHER or type in TYPES_OF[range_]


def check_settable(code: int, setter: Setter, type: SubscriptionType) -> SubscriptionStatus:
    """The status, if this setter may set it on a subscription of this type; otherwise raise InvalidInput."""
    status = SubscriptionStatus(code)
    if not status.may_be_set_by(setter):
        raise InvalidInput(
            f"{code} ({status.meaning()}) is not for the {setter} to set", field="subscription_status"
        )
    if not status.applies_to(type):
        raise InvalidInput(
            f"{code} belongs to {status.error_code_range}, not to a subscription of type {type.wire}",
            field="subscription_status",
        )
    return status
