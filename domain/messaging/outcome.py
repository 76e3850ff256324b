"""What a provider made of one send: values, never exceptions (an exception means a bug)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from domain.shared.json_values import storable

Details = Mapping[str, str | int | float | bool | None]


def storable_details(details: Details) -> Details:
    """Details as a provider gave them, without what cannot be stored."""
    return {key: storable(value) if isinstance(value, str) else value for key, value in details.items()}


@attrs.frozen(slots=True)
class Accepted:
    """The provider took the message."""

    provider_id: str | None = None
    environment: int | None = None
    """APNs only: the environment learnt by probing (0 production, 1 sandbox); stored on the subscription."""
    open_until: datetime | None = None
    """In-app only: taken is not seen, and after this nobody can see it any more."""


@attrs.frozen(slots=True)
class SoftFault:
    """A fault that says something about the recipient only when it repeats (channels.md 0.1, "n×code").

    `code` is set on the subscription after `times` of them in a row, the first and the last at least three days
    apart; any success forgets them.
    """

    code: int
    times: int


@attrs.frozen(slots=True)
class Rejected:
    """Permanent for this message. `subscription_code` is set on the subscription when not None."""

    reason: str
    subscription_code: int | None = None
    message_code: int | None = None
    """A code that concerns one message only (channels.md 0.1 "msg code"): recorded, not set."""
    token_invalid_since: float | None = None
    """Epoch seconds of APNs' 410 timestamp: a token registered later stays."""
    damage: bool = False
    """A token-level error that an environment or project mix-up could cause (mass-token-damage guard)."""
    bug: bool = False
    """Our request was malformed: alert, never blame the recipient."""
    soft: SoftFault | None = None
    """Counted against the subscription; `subscription_code` is what is set at once."""
    details: Details = attrs.field(factory=dict)


@attrs.frozen(slots=True)
class Deferred:
    """Not sent (or harmless to repeat): try again later."""

    reason: str
    retry_after: float | None = None
    """Seconds the provider asked for."""
    throttle: bool = False
    """The whole (application, provider) bucket must slow down, not only this target."""
    max_attempts: int | None = None
    """A tighter bound than the policy's, where the provider's table names one."""
    unknown: bool = False
    """The request may have been processed; a repeat replaces on the screen (push only)."""
    details: Details = attrs.field(factory=dict)


@attrs.frozen(slots=True)
class Unknown:
    """A billable send whose fate is not known: never resent by itself."""

    reason: str
    details: Details = attrs.field(factory=dict)


@attrs.frozen(slots=True)
class CredentialFault:
    """Credential, account or project is at fault: pause the route, keep the message pending."""

    reason: str
    credential_version: int
    details: Details = attrs.field(factory=dict)
    provider: str | None = None
    """Whose credential it is; filled in by the pipeline."""


@attrs.frozen(slots=True)
class NotAttempted:
    """The channel did not start this send (drain, lost lease, open circuit, pacing): costs no attempt."""

    reason: str = "not_attempted"
    retry_after: float | None = None
    """Seconds to wait before the message is offered again."""


@attrs.frozen(slots=True)
class Absent:
    """A look-up found nothing: the provider has no such send. Believed only some time after the attempt."""


Finding = Accepted | Rejected | Absent | Unknown
"""What a look-up of an unknown outcome found."""

Outcome = Accepted | Rejected | Deferred | Unknown | CredentialFault | NotAttempted
