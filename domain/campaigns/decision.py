"""What a rule says about one message: it is due at an instant, perhaps held until then, or it is not sent, and why."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import attrs


class Hold(StrEnum):
    """Why a message waits although its campaign runs. The value is what a person reads who asks why."""

    LOCAL_TIME = "local_time"
    """For the wall time of the recipient's zone."""
    QUIET_HOURS = "quiet_hours"
    NIGHT_ADVERTISING = "night_advertising"
    """Advertising at night, without consent to that."""


class Exclusion(StrEnum):
    """Why a recipient gets nothing. The value is what is counted and what a person reads who asks why."""

    LOCAL_TIME_PASSED = "local_time_passed"
    EXPIRED = "expired"
    """It would be due when the message has expired."""
    NO_AD_CONSENT = "no_ad_consent"
    NOT_FOR_ADVERTISING = "not_for_advertising"
    """The channel carries no advertising."""
    NO_ALLOWED_HOUR = "no_allowed_hour"
    """Quiet hours and the night of advertising leave no hour in which it could be sent."""
    FREQUENCY_CAPPED = "frequency_capped"
    TOPIC_OFF = "topic_off"
    """The user switched off what the campaign is about."""
    OTHER_DEVICE = "other_device"
    """Another device of the same user gets it."""


@attrs.frozen
class Due:
    """Send at this instant, aware UTC."""

    at: datetime
    holds: tuple[Hold, ...] = ()
    """What moved it there; empty: nothing, it is due when it was asked for."""

    expires_at: datetime | None = None
    """What the decision reckoned with: from then on it must not be sent any more."""

    @property
    def is_held(self) -> bool:
        return bool(self.holds)

    def until(self, at: datetime, hold: Hold) -> Due:
        """The same, if it is due then anyway; else held until then. A reason is named once, where it first had effect."""
        if at == self.at:
            return self
        return attrs.evolve(self, at=at, holds=tuple(dict.fromkeys((*self.holds, hold))))

    def within(self, expires_at: datetime | None) -> Decision:
        """This decision, or the exclusion of a message that has expired by then."""
        if expires_at is not None and self.at >= expires_at:
            return Excluded(Exclusion.EXPIRED, after=self.holds)
        return attrs.evolve(self, expires_at=expires_at)


@attrs.frozen
class Excluded:
    """Never send."""

    reason: Exclusion
    after: tuple[Hold, ...] = ()
    """What held it until it was too late."""


Decision: TypeAlias = Due | Excluded
