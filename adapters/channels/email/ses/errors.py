"""Every answer of Amazon SES and what it means: by the error's name or a bulk entry's status, some by their words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from adapters.channels.email import codes
from adapters.channels.frame.verdict import SERVER_ERROR, Mark, Rule

ALERT: Final = Rule(Mark.BUG)
"""Refused for good, and somebody should look: FAIL with an alert, or our own malformed request."""
FAIL: Final = Rule(Mark.FAIL)
CREDENTIAL: Final = Rule(Mark.CREDENTIAL)
RETRY: Final = Rule(Mark.RETRY)
THROTTLED: Final = Rule(Mark.THROTTLE, default_wait=1.0)
MALFORMED: Final = Rule(Mark.FAIL, subscription_code=codes.INVALID)
UNKNOWN: Final = Rule(Mark.RETRY, unknown=True)

ERRORS: Final[Mapping[str, Rule]] = {
    "TooManyRequestsException": THROTTLED,
    "ThrottlingException": THROTTLED,
    "Throttling": THROTTLED,
    "LimitExceededException": CREDENTIAL,
    "AccountSuspendedException": CREDENTIAL,
    "SendingPausedException": CREDENTIAL,
    "MailFromDomainNotVerifiedException": CREDENTIAL,
    "MessageRejected": ALERT,
    "NotFoundException": CREDENTIAL,
    "BadRequestException": ALERT,
    "InternalServiceErrorException": RETRY,
    "InternalFailure": RETRY,
    "ServiceUnavailable": RETRY,
    "ServiceUnavailableException": RETRY,
    "SignatureDoesNotMatch": CREDENTIAL,
    "InvalidSignatureException": CREDENTIAL,
    "InvalidClientTokenId": CREDENTIAL,
    "UnrecognizedClientException": CREDENTIAL,
    "MissingAuthenticationToken": CREDENTIAL,
    "MissingAuthenticationTokenException": CREDENTIAL,
    "IncompleteSignature": CREDENTIAL,
    "ExpiredToken": CREDENTIAL,
    "ExpiredTokenException": CREDENTIAL,
    "AccessDenied": CREDENTIAL,
    "AccessDeniedException": CREDENTIAL,
    "RequestExpired": CREDENTIAL,
    "OptInRequired": CREDENTIAL,
}
BULK: Final[Mapping[str, Rule]] = {
    "MESSAGE_REJECTED": ALERT,
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": CREDENTIAL,
    "CONFIGURATION_SET_NOT_FOUND": CREDENTIAL,
    "TEMPLATE_NOT_FOUND": CREDENTIAL,
    "ACCOUNT_SUSPENDED": CREDENTIAL,
    "ACCOUNT_THROTTLED": THROTTLED,
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": CREDENTIAL,
    "INVALID_SENDING_POOL_NAME": CREDENTIAL,
    "ACCOUNT_SENDING_PAUSED": CREDENTIAL,
    "CONFIGURATION_SET_SENDING_PAUSED": CREDENTIAL,
    "INVALID_PARAMETER": ALERT,
    "TRANSIENT_FAILURE": RETRY,
    "FAILED": FAIL,
}
SUCCESS: Final = "SUCCESS"
WORDS: Final[tuple[tuple[re.Pattern[str], Rule], ...]] = tuple(
    (re.compile(words, re.IGNORECASE), rule)
    for words, rule in (
        (r"daily message quota exceeded", CREDENTIAL),
        (r"maximum sending rate exceeded", THROTTLED),
        (r"address(es)? (is|are) not verified|identit(y|ies) .*not verified", CREDENTIAL),
        (r"sending (is|has been) (paused|disabled)", CREDENTIAL),
    )
)
"""What SES says in words only; they come before the error's name."""
RECIPIENT_SYNTAX: Final = re.compile(
    r"illegal address|missing final '@domain'|local address contains|domain contains|domain starts with|domain ends with"
    r"|missing '?@|address length|invalid (email|e-mail|to|recipient)? ?address|too long.*local|not a valid e-?mail",
    re.IGNORECASE,
)
"""Of a 400: the one address of the request cannot be written to."""


class _Refusal(msgspec.Struct):
    message: str | None = None
    capital: str | None = msgspec.field(default=None, name="Message")
    type: str | None = msgspec.field(default=None, name="__type")


_read = msgspec.json.Decoder(_Refusal).decode


def read_refusal(body: bytes, error_type: str | None) -> tuple[str | None, str]:
    """(error's name, its words) from the body and the `x-amzn-errortype` header."""
    try:
        refusal = _read(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        refusal = _Refusal()
    name = error_type or refusal.type
    if name is not None:
        name = name.rpartition("#")[2].partition(":")[0].strip() or None
    return name, (refusal.message or refusal.capital or "")[:500]


def rule_for(status: int, name: str | None, words: str) -> Rule:
    """The row of an HTTP error: a known phrase, the error's name, else the class of the status."""
    found = _by_words(words)
    if found is not None:
        return found
    if name == "BadRequestException" and RECIPIENT_SYNTAX.search(words):
        return MALFORMED
    known = ERRORS.get(name or "")
    if known is not None:
        return known
    if status in (502, 504):
        return UNKNOWN
    if status >= SERVER_ERROR:
        return RETRY
    return {403: CREDENTIAL, 401: CREDENTIAL, 404: CREDENTIAL, 429: THROTTLED}.get(status, ALERT)


def bulk_rule(status: str, words: str) -> Rule:
    """The row of one entry of a bulk answer; an unknown status is tried again."""
    found = _by_words(words)
    if found is not None:
        return found
    if status == "INVALID_PARAMETER" and RECIPIENT_SYNTAX.search(words):
        return MALFORMED
    return BULK.get(status, RETRY)


def _by_words(words: str) -> Rule | None:
    for pattern, rule in WORDS:
        if pattern.search(words):
            return rule
    return None
