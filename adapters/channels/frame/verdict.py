"""The vocabulary of the providers' answer tables, and how a mark of it becomes an outcome.

The tables (`push/apns/reasons.py` and its like) hold nothing but rules; this module is the only one that reads a rule.
"""

from __future__ import annotations

from enum import Enum

import attrs

from domain.messaging.outcome import CredentialFault, Deferred, Details, Outcome, Rejected, SoftFault

SERVER_ERROR = 500


class Mark(Enum):
    """What an answer means for the message and for those behind it."""

    FAIL = "permanent for this message"
    BUG = "our request was malformed"
    RETRY = "try again later"
    THROTTLE = "try again later, and everybody slower"
    CREDENTIAL = "pause the channel: credential, account or project"
    RENEW = "once more with a new provider token; after that CREDENTIAL"
    PROBE = "once more at the other environment; after that FAIL"


@attrs.frozen(slots=True)
class Rule:
    """One row of a table."""

    mark: Mark
    subscription_code: int | None = None
    """Set on the subscription at once."""
    soft: SoftFault | None = None
    """Set when it repeats ("5×-51")."""
    message_code: int | None = None
    """Recorded on the message, never set on the subscription ("msg -55")."""
    damage: bool = False
    """A mix-up of environments or projects could cause this (mass-token-damage guard)."""
    least_wait: float | None = None
    """Seconds: wait at least so long, whatever Retry-After says."""
    default_wait: float | None = None
    """Seconds to wait when there is no Retry-After."""
    max_attempts: int | None = None
    unknown: bool = False
    """The provider may have processed the request."""


def outcome(
    rule: Rule,
    reason: str,
    *,
    credential_version: int,
    retry_after: float | None = None,
    invalid_since: float | None = None,
    details: Details | None = None,
) -> Outcome:
    """The outcome of a rule; RENEW and PROBE end as CREDENTIAL and FAIL when their second try is used up.

    `retry_after` is the provider's, in seconds; `invalid_since` epoch seconds of an APNs 410.
    """
    known = dict(details or {})
    match rule.mark:
        case Mark.FAIL | Mark.BUG | Mark.PROBE:
            return Rejected(
                reason,
                subscription_code=rule.subscription_code,
                message_code=rule.message_code,
                soft=rule.soft,
                token_invalid_since=invalid_since,
                damage=rule.damage,
                bug=rule.mark is Mark.BUG,
                details=known,
            )
        case Mark.CREDENTIAL | Mark.RENEW:
            if rule.message_code is not None:
                known["code"] = rule.message_code
            return CredentialFault(reason, credential_version, details=known)
        case Mark.RETRY | Mark.THROTTLE:
            return Deferred(
                reason,
                retry_after=_wait(rule, retry_after),
                throttle=rule.mark is Mark.THROTTLE,
                max_attempts=rule.max_attempts,
                unknown=rule.unknown,
                details=known,
            )


def _wait(rule: Rule, retry_after: float | None) -> float | None:
    asked = rule.default_wait if retry_after is None else retry_after
    if rule.least_wait is None:
        return asked
    return max(rule.least_wait, asked or 0.0)
