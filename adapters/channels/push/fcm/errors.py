"""Every answer of FCM HTTP v1 and what it means: one table, decided on errorCode, then status, then HTTP code.

Sources: Google, "FCM error codes" and "REST Resource: projects.messages" (FcmError, QuotaFailure, BadRequest).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import attrs
import msgspec

from adapters.channels.frame.verdict import SERVER_ERROR, Mark, Rule
from adapters.channels.push.codes import SENDER_MISMATCH, TOKEN_DEAD

FCM_ERROR = "google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "google.rpc.BadRequest"
QUOTA_FAILURE = "google.rpc.QuotaFailure"

_BUG = Rule(Mark.BUG)
_CREDENTIAL = Rule(Mark.CREDENTIAL)
_RETRY = Rule(Mark.RETRY)
_UNKNOWN = Rule(Mark.RETRY, unknown=True)
_RENEW = Rule(Mark.RENEW)
INVALID_TOKEN = Rule(Mark.FAIL, subscription_code=TOKEN_DEAD, damage=True)
"""INVALID_ARGUMENT about the registration token."""
PROJECT_QUOTA = Rule(Mark.THROTTLE, default_wait=60.0)
TARGET_QUOTA = Rule(Mark.RETRY, least_wait=60.0)
"""QUOTA_EXCEEDED whose QuotaFailure names a device or a topic."""

BY_ERROR_CODE: Mapping[str, Rule] = {
    "INVALID_ARGUMENT": _BUG,
    "THIRD_PARTY_AUTH_ERROR": _CREDENTIAL,
    "SENDER_ID_MISMATCH": Rule(Mark.FAIL, subscription_code=SENDER_MISMATCH, damage=True),
    "UNREGISTERED": Rule(Mark.FAIL, subscription_code=TOKEN_DEAD),
    "QUOTA_EXCEEDED": PROJECT_QUOTA,
    "INTERNAL": _RETRY,
    "UNAVAILABLE": _RETRY,
    "UNSPECIFIED_ERROR": Rule(Mark.RETRY, max_attempts=3),
}
BY_STATUS: Mapping[str, Rule] = {
    "INVALID_ARGUMENT": _BUG,
    "UNAUTHENTICATED": _RENEW,
    "PERMISSION_DENIED": _CREDENTIAL,
    "NOT_FOUND": _CREDENTIAL,
    "RESOURCE_EXHAUSTED": PROJECT_QUOTA,
    "INTERNAL": _RETRY,
    "UNAVAILABLE": _RETRY,
    "DEADLINE_EXCEEDED": _UNKNOWN,
}
BY_HTTP: Mapping[int, Rule] = {
    400: _BUG,
    401: _RENEW,
    403: _CREDENTIAL,
    404: _CREDENTIAL,
    429: PROJECT_QUOTA,
    500: _RETRY,
    502: _UNKNOWN,
    503: _RETRY,
    504: _UNKNOWN,
}
_TOKEN_FIELDS = frozenset({"message.token", "message.fid"})
_TARGET_WORDS = ("device", "topic", "token")


class _Violation(msgspec.Struct):
    field: str = ""
    subject: str = ""
    description: str = ""


class _Detail(msgspec.Struct):
    type: str = msgspec.field(name="@type", default="")
    error_code: str | None = msgspec.field(name="errorCode", default=None)
    field_violations: list[_Violation] = msgspec.field(name="fieldViolations", default_factory=list)
    violations: list[_Violation] = msgspec.field(default_factory=list)


class _Error(msgspec.Struct):
    status: str = ""
    message: str = ""
    details: list[msgspec.Raw] = msgspec.field(default_factory=list)


class _Envelope(msgspec.Struct):
    error: _Error


_read_envelope = msgspec.json.Decoder(_Envelope).decode
_read_detail = msgspec.json.Decoder(_Detail).decode


@attrs.frozen(slots=True)
class Verdict:
    """The table's row for an answer, its name, and the request fields Google objected to."""

    rule: Rule
    reason: str
    fields: tuple[str, ...] = ()


def read_error(http_status: int, body: bytes) -> Verdict:
    """Read Google's error envelope. A body that is none (a gateway's HTML) is tried again: who knows what happened.

    Google's text is not passed on: it may quote the token.
    """
    try:
        error = _read_envelope(body).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # An empty 5xx is the provider itself in trouble; HTML comes from a gateway before or behind it.
        rule = BY_HTTP.get(http_status, _UNKNOWN) if not body and http_status >= SERVER_ERROR else _UNKNOWN
        return Verdict(rule, f"http_{http_status}")
    details = _details(error)
    code = next((detail.error_code for detail in details if detail.error_code), None)
    fields = tuple(
        violation.field
        for detail in details
        if detail.type.endswith(BAD_REQUEST)
        for violation in detail.field_violations
        if violation.field
    )
    by_class = _RETRY if http_status >= SERVER_ERROR else _BUG
    rule = (
        BY_ERROR_CODE.get(code or "") or BY_STATUS.get(error.status) or BY_HTTP.get(http_status) or by_class
    )
    reason = code or error.status or f"http_{http_status}"
    if rule is _BUG and _names_token(code, error, fields):
        rule = INVALID_TOKEN
    elif rule is PROJECT_QUOTA and _names_target(details):
        rule = TARGET_QUOTA
    return Verdict(rule, reason, fields)


def _names_token(code: str | None, error: _Error, fields: tuple[str, ...]) -> bool:
    if code != "INVALID_ARGUMENT" and error.status != "INVALID_ARGUMENT":
        return False
    if fields:
        return not _TOKEN_FIELDS.isdisjoint(fields)
    text = error.message.lower()
    return code is not None and "registration token" in text and ("invalid" in text or "not a valid" in text)


def _details(error: _Error) -> list[_Detail]:
    known = []
    for raw in error.details:
        # A detail of another shape than documented must not hide what the others say.
        with contextlib.suppress(msgspec.MsgspecError):
            known.append(_read_detail(raw))
    return known


def _names_target(details: list[_Detail]) -> bool:
    return any(
        word in f"{violation.subject} {violation.description}".lower()
        for detail in details
        if detail.type.endswith(QUOTA_FAILURE)
        for violation in detail.violations
        for word in _TARGET_WORDS
    )
