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
    OTHER_DEVICE = "other_device"
    """Another device of the same user gets it."""


@attrs.frozen
class Due:
    """Send at this instant, aware UTC."""

    at: datetime
    holds: tuple[Hold, ...] = ()
    """What moved it there; empty: nothing, it is due when it was asked for."""

    @property
    def is_held(self) -> bool:
        return bool(self.holds)

    def and_then(self, later: Due) -> Due:
        """This decision, moved on by another rule; each reason is named once, in the order of its first effect."""
        return Due(later.at, tuple(dict.fromkeys((*self.holds, *later.holds))))

    def within(self, expires_at: datetime | None) -> Decision:
        """This decision, or the exclusion of a message that has expired by then."""
        if expires_at is not None and self.at >= expires_at:
            return Excluded(Exclusion.EXPIRED, after=self.holds)
        return self


@attrs.frozen
class Excluded:
    """Never send."""

    reason: Exclusion
    after: tuple[Hold, ...] = ()
    """What held it until it was too late."""


Decision: TypeAlias = Due | Excluded
