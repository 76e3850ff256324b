"""Errors as RFC 9457 problem details: the one table from error class to HTTP status, and the edge's own errors."""

from __future__ import annotations

import math
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from domain.shared.errors import (
    Conflict,
    CreditExhausted,
    Forbidden,
    InvalidInput,
    NotFound,
    QuotaExceeded,
    RateLimited,
    SignalError,
    Unauthenticated,
    Unavailable,
)
from entrypoints.http.languages import language_of
from entrypoints.refusals.korean import in_korean

PROBLEM_JSON = "application/problem+json"


class MalformedBody(SignalError):
    """The body is not valid JSON."""

    code = "malformed_body"


class MethodNotAllowed(SignalError):
    """This path does not know this method."""

    code = "method_not_allowed"


class BodyTooLarge(SignalError):
    """The body is larger than this route takes."""

    code = "body_too_large"


class UnsupportedMedia(SignalError):
    """This route does not take this media type."""

    code = "unsupported_media_type"


class Failure(SignalError):
    """Something went wrong on our side; it was logged under this request id."""

    code = "internal_error"


STATUS: dict[type[SignalError], int] = {
    MalformedBody: 400,
    Unauthenticated: 401,
    CreditExhausted: 402,
    Forbidden: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    BodyTooLarge: 413,
    UnsupportedMedia: 415,
    InvalidInput: 422,
    QuotaExceeded: 429,
    RateLimited: 429,
    Failure: 500,
    Unavailable: 503,
}
"""A class without a line of its own is answered as its nearest ancestor that has one."""

TITLES = {
    400: "Malformed request",
    401: "Not authenticated",
    402: "Credit exhausted",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Body too large",
    415: "Unsupported media type",
    422: "Invalid input",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable",
}
REPEATABLE = frozenset({429, 503})


class FieldError(msgspec.Struct, omit_defaults=True):
    """One thing wrong with one place of the request."""

    detail: str
    field: str | UnsetType = UNSET
    index: int | UnsetType = UNSET
    code: str | UnsetType = UNSET


class Problem(msgspec.Struct, omit_defaults=True):
    """What went wrong (RFC 9457). `code` and `field` are stable.

    `title`, `detail` and `fix` are for people and may change; they are Korean where Accept-Language prefers `ko`.
    """

    type: Annotated[str, Meta(description="A reference to the explanation of the code")]
    title: str
    status: int
    detail: str
    code: Annotated[str, Meta(description="Stable and machine-readable, e.g. not_found")]
    retryable: Annotated[bool, Meta(description="Repeating the same request later may succeed")]
    request_id: str | UnsetType = UNSET
    field: Annotated[str, Meta(description="Which part of the request is wrong")] | UnsetType = UNSET
    fix: Annotated[str, Meta(description="What to do about it")] | UnsetType = UNSET
    errors: list[FieldError] | UnsetType = UNSET


def status_of(error: SignalError) -> int:
    """The HTTP status of an error, by its class or its nearest listed ancestor; 500 for none."""
    for cls in type(error).__mro__:
        if cls in STATUS:
            return STATUS[cls]
    return 500


def problem_response(
    error: SignalError,
    *,
    request_id: str | None = None,
    headers: dict[str, str] | None = None,
    accept_language: str = "",
) -> Response:
    """The error as application/problem+json; its `extra` members stand beside the standard ones.

    What people read is Korean for whom `accept_language`, the request's header, prefers it (RFC 9457, section 3.1).
    """
    status = status_of(error)
    problem = Problem(
        type=f"/docs#{error.code}",
        title=TITLES.get(status, "Error"),
        status=status,
        detail=error.message,
        code=error.code,
        retryable=status in REPEATABLE,
        request_id=request_id or UNSET,
        field=error.field or UNSET,
        fix=error.fix or UNSET,
    )
    members: dict[str, Any] = msgspec.to_builtins(problem)
    for name, value in error.extra.items():
        members.setdefault(name, value)
    several = getattr(error, "errors", None)
    if several:
        members["errors"] = msgspec.to_builtins(several)
    answer = dict(headers or {})
    if accept_language:
        language = language_of(None, accept_language)
        answer |= {"Content-Language": language, "Vary": "Accept-Language"}
        if language == "ko":
            _translate(members)
    if status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="automata-signal"'
    wait = error.extra.get("retry_after")
    if isinstance(wait, int | float) and not isinstance(wait, bool):
        answer["Retry-After"] = str(max(1, math.ceil(wait)))
    elif status == 503:
        answer["Retry-After"] = "1"
    return Response(msgspec.json.encode(members), status, answer, media_type=PROBLEM_JSON)


def _translate(members: dict[str, Any]) -> None:
    """What people read becomes Korean; codes, fields and values stay."""
    for name in ("title", "detail", "fix"):
        if name in members:
            members[name] = in_korean(members[name])
    for one in members.get("errors", ()):
        one["detail"] = in_korean(one["detail"])


class InvalidItems(InvalidInput):
    """Some items of the request cannot be used."""

    code = "invalid_input"

    def __init__(self, message: str, errors: list[FieldError], *, fix: str | None = None) -> None:
        first = errors[0].field if errors else UNSET
        super().__init__(message, field=None if first is UNSET else str(first), fix=fix)
        self.errors = errors
