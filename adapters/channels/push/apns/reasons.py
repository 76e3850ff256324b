"""Every answer of APNs and what it means: one table, from Apple's "Handling notification responses from APNs"."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.channels.frame.verdict import SERVER_ERROR, Mark, Rule
from adapters.channels.push.codes import TOKEN_DEAD

_BUG = Rule(Mark.BUG)
_CREDENTIAL = Rule(Mark.CREDENTIAL)
_RETRY = Rule(Mark.RETRY)
_TARGET_BUSY = Rule(Mark.RETRY, least_wait=60.0)
_GONE = Rule(Mark.FAIL, subscription_code=TOKEN_DEAD)

UPDATES_THROTTLED = "TooManyProviderTokenUpdates"

REASONS: Mapping[str, Rule] = {
    # 400
    "BadCollapseId": _BUG,
    "BadExpirationDate": _BUG,
    "BadMessageId": _BUG,
    "BadPriority": _BUG,
    "DuplicateHeaders": _BUG,
    "InvalidPushType": _BUG,
    "MissingDeviceToken": _BUG,
    "PayloadEmpty": _BUG,
    "BadDeviceToken": Rule(Mark.PROBE, subscription_code=TOKEN_DEAD, damage=True),
    "DeviceTokenNotForTopic": Rule(Mark.FAIL, damage=True),
    "BadTopic": _CREDENTIAL,
    "MissingTopic": _CREDENTIAL,
    "TopicDisallowed": _CREDENTIAL,
    "IdleTimeout": _RETRY,
    # 403
    "ExpiredProviderToken": Rule(Mark.RENEW),
    "InvalidProviderToken": _CREDENTIAL,
    "MissingProviderToken": _CREDENTIAL,
    "UnrelatedKeyIdInToken": _CREDENTIAL,
    "BadEnvironmentKeyIdInToken": _CREDENTIAL,
    "BadCertificate": _CREDENTIAL,
    "BadCertificateEnvironment": _CREDENTIAL,
    "Forbidden": _CREDENTIAL,
    # 404, 405
    "BadPath": _BUG,
    "MethodNotAllowed": _BUG,
    # 410: a token registered after the answer's timestamp stays
    "Unregistered": _GONE,
    "ExpiredToken": _GONE,
    # 413
    "PayloadTooLarge": _BUG,
    # 429
    "TooManyRequests": _TARGET_BUSY,
    UPDATES_THROTTLED: Rule(Mark.THROTTLE, default_wait=60.0),
    # 5xx
    "InternalServerError": _RETRY,
    "ServiceUnavailable": _RETRY,
    "Shutdown": _RETRY,
}

_UNKNOWN_BY_STATUS: Mapping[int, Rule] = {
    429: _TARGET_BUSY,
    502: Rule(Mark.RETRY, unknown=True),
    504: Rule(Mark.RETRY, unknown=True),
}


def rule_for(status: int, reason: str | None) -> Rule:
    """The table's row; an unknown reason (or none) goes by its class: 5xx is tried again, anything else is our bug."""
    known = REASONS.get(reason) if reason is not None else None
    if known is not None:
        return known
    by_status = _UNKNOWN_BY_STATUS.get(status)
    if by_status is not None:
        return by_status
    return _RETRY if status >= SERVER_ERROR else _BUG
