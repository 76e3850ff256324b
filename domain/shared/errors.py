"""The error tree. An error's docstring is its message; the edges map the class to HTTP, NATS and exit codes.

SignalError
├── InvalidInput            something the caller sent is wrong; `field` names it, `fix` says what to do
│   ├── ContentTooLarge
│   ├── UnknownName        no such channel, subscription type …; also a ValueError
│   ├── NotConfigured
│   ├── TemplateInvalid     a template's source cannot be used; `line` and `column` say where
│   └── RenderRefused       a template cannot be rendered with these variables
├── NotFound                no such thing, or not yours
├── Unauthenticated         no key, or not a valid one
├── Forbidden               a valid key without the scope; an inactive application
│   └── SdkTooOld           an app with an SDK that the application no longer takes
├── Conflict                the present state does not allow it
│   ├── IllegalTransition
│   ├── InDelivery
│   ├── IdempotencyMismatch
│   ├── IdempotencyInProgress
│   └── AlreadyExists
├── QuotaExceeded           the call does not fit into the quota; `reset_date` says when it will
├── CreditExhausted         prepaid balance is short
├── RateLimited             too many requests; `retry_after` seconds
└── Unavailable             try again: `retry_after` seconds
    ├── CommitUnknown       repeat with the same Idempotency-Key
    └── CountTimedOut       a live count took too long; `fix` says how to ask for less
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

Extra = Mapping[str, str | int | float | bool | list[str] | None]
"""Members that the edge adds to its answer, such as `reset_date`."""


class SignalError(Exception):
    """Something went wrong."""

    code = "error"

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        fix: str | None = None,
        extra: Extra | None = None,
    ) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.field = field
        self.fix = fix
        self.extra: Extra = extra or {}
        super().__init__(self.message)


class InvalidInput(SignalError):
    """The request holds a value that cannot be used."""

    code = "invalid_input"


class ContentTooLarge(InvalidInput):
    """The content is larger than the channel can carry."""

    code = "content_too_large"


class UnknownName(InvalidInput, ValueError):
    """This name is not known here."""


class NotConfigured(InvalidInput):
    """The application has no credentials for this channel."""

    code = "not_configured"


class TemplateInvalid(InvalidInput):
    """The template's source cannot be used."""

    code = "template_invalid"

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        fix: str | None = None,
        line: int = 1,
        column: int = 1,
    ) -> None:
        super().__init__(message, field=field, fix=fix, extra={"line": line, "column": column})
        self.line = line
        self.column = column


class RenderRefused(InvalidInput):
    """The template cannot be rendered with these variables."""

    code = "render_refused"


class NotFound(SignalError):
    """There is no such resource in this application."""

    code = "not_found"


class Unauthenticated(SignalError):
    """A valid key is needed."""

    code = "unauthenticated"


class Forbidden(SignalError):
    """This key may not do that."""

    code = "forbidden"


class SdkTooOld(Forbidden):
    """This version of the SDK is no longer taken."""

    code = "sdk_too_old"


class Conflict(SignalError):
    """The present state does not allow this."""

    code = "conflict"


class IllegalTransition(Conflict):
    """The message's state does not allow this event."""

    code = "illegal_transition"


class InDelivery(Conflict):
    """The message is being delivered right now."""

    code = "in_delivery"


class IdempotencyMismatch(Conflict):
    """This Idempotency-Key was used before with another body."""

    code = "idempotency_mismatch"


class IdempotencyInProgress(Conflict):
    """A request with this Idempotency-Key is being processed."""

    code = "idempotency_in_progress"


class AlreadyExists(Conflict):
    """Something with this identity exists already."""

    code = "already_exists"


class QuotaExceeded(SignalError):
    """The messages do not fit into the application's quota."""

    code = "quota_exceeded"

    def __init__(
        self, message: str | None = None, *, reset_date: datetime, extra: Extra | None = None
    ) -> None:
        super().__init__(message, extra={"reset_date": reset_date.isoformat(), **(extra or {})})
        self.reset_date = reset_date


class CreditExhausted(SignalError):
    """The prepaid credit does not cover the messages."""

    code = "credit_exhausted"


class RateLimited(SignalError):
    """Too many requests."""

    code = "rate_limited"

    def __init__(self, message: str | None = None, *, retry_after: float = 1.0) -> None:
        super().__init__(message, extra={"retry_after": retry_after})
        self.retry_after = retry_after


class Unavailable(SignalError):
    """The service cannot answer right now."""

    code = "unavailable"

    def __init__(
        self, message: str | None = None, *, retry_after: float = 1.0, extra: Extra | None = None
    ) -> None:
        super().__init__(message, extra={"retry_after": retry_after, **(extra or {})})
        self.retry_after = retry_after


class CommitUnknown(Unavailable):
    """It is not known whether the request was stored; repeat it with the same Idempotency-Key."""

    code = "commit_unknown"


class CountTimedOut(Unavailable):
    """Counting the audience took too long."""

    code = "count_timed_out"

    def __init__(
        self, message: str | None = None, *, field: str | None = None, fix: str | None = None
    ) -> None:
        super().__init__(message, retry_after=5.0)
        self.field, self.fix = field, fix
