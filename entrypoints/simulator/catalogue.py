"""What APNs and FCM can answer: every reason and error code with its HTTP status and complete body.

Sources: Apple, "Handling notification responses from APNs" (device-push reasons); Google, "FCM HTTP v1 error
codes" and the `google.rpc` detail types. The broadcast and channel reasons of APNs are not played.
"""

from typing import Final, NamedTuple

import msgspec

APNS_STATUS: Final[dict[str, int]] = {
    "BadCollapseId": 400,
    "BadDeviceToken": 400,
    "BadExpirationDate": 400,
    "BadMessageId": 400,
    "BadPriority": 400,
    "BadTopic": 400,
    "DeviceTokenNotForTopic": 400,
    "DuplicateHeaders": 400,
    "IdleTimeout": 400,
    "InvalidPushType": 400,
    "MissingDeviceToken": 400,
    "MissingTopic": 400,
    "PayloadEmpty": 400,
    "TopicDisallowed": 400,
    "BadCertificate": 403,
    "BadCertificateEnvironment": 403,
    "BadEnvironmentKeyIdInToken": 403,
    "ExpiredProviderToken": 403,
    "Forbidden": 403,
    "InvalidProviderToken": 403,
    "MissingProviderToken": 403,
    "UnrelatedKeyIdInToken": 403,
    "BadPath": 404,
    "MethodNotAllowed": 405,
    "ExpiredToken": 410,
    "Unregistered": 410,
    "PayloadTooLarge": 413,
    "TooManyProviderTokenUpdates": 429,
    "TooManyRequests": 429,
    "InternalServerError": 500,
    "ServiceUnavailable": 503,
    "Shutdown": 503,
}

APNS_BODY: Final[dict[str, bytes]] = {reason: b'{"reason":"%s"}' % reason.encode() for reason in APNS_STATUS}
"""Bodies without `timestamp`; a 410 carries one and is built per answer."""

FCM_DETAIL: Final = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST_DETAIL: Final = "type.googleapis.com/google.rpc.BadRequest"
QUOTA_DETAIL: Final = "type.googleapis.com/google.rpc.QuotaFailure"
INVALID_REGISTRATION_TEXT: Final = "The registration token is not a valid FCM registration token"


class FcmFailure(NamedTuple):
    """One way FCM refuses a message: HTTP status, canonical status, text, and the detail objects."""

    http: int
    status: str
    text: str
    error_code: str | None = None
    quota_subject: str | None = None
    violated_field: str | None = None
    html: bool = False


FCM_FAILURES: Final[dict[str, FcmFailure]] = {
    "UNREGISTERED": FcmFailure(404, "NOT_FOUND", "Requested entity was not found.", "UNREGISTERED"),
    "SENDER_ID_MISMATCH": FcmFailure(
        403, "PERMISSION_DENIED", "SenderId mismatch", error_code="SENDER_ID_MISMATCH"
    ),
    "QUOTA_EXCEEDED": FcmFailure(
        429,
        "RESOURCE_EXHAUSTED",
        "Quota exceeded for quota metric 'Send requests' per minute.",
        error_code="QUOTA_EXCEEDED",
    ),
    "DEVICE_QUOTA_EXCEEDED": FcmFailure(
        429,
        "RESOURCE_EXHAUSTED",
        "Device message rate exceeded.",
        error_code="QUOTA_EXCEEDED",
        quota_subject="device",
    ),
    "TOPIC_QUOTA_EXCEEDED": FcmFailure(
        429,
        "RESOURCE_EXHAUSTED",
        "Topic message rate exceeded.",
        error_code="QUOTA_EXCEEDED",
        quota_subject="topic",
    ),
    "THIRD_PARTY_AUTH_ERROR": FcmFailure(
        401,
        "UNAUTHENTICATED",
        "APNs certificate or web push auth key was invalid or missing.",
        error_code="THIRD_PARTY_AUTH_ERROR",
    ),
    "INVALID_ARGUMENT": FcmFailure(
        400, "INVALID_ARGUMENT", "Request contains an invalid argument.", error_code="INVALID_ARGUMENT"
    ),
    "INVALID_REGISTRATION": FcmFailure(
        400,
        "INVALID_ARGUMENT",
        INVALID_REGISTRATION_TEXT,
        error_code="INVALID_ARGUMENT",
        violated_field="message.token",
    ),
    "UNAVAILABLE": FcmFailure(
        503, "UNAVAILABLE", "The service is currently unavailable.", error_code="UNAVAILABLE"
    ),
    "INTERNAL": FcmFailure(500, "INTERNAL", "Internal error encountered.", error_code="INTERNAL"),
    "UNSPECIFIED_ERROR": FcmFailure(500, "UNKNOWN", "Unknown error.", error_code="UNSPECIFIED_ERROR"),
    "UNAUTHENTICATED": FcmFailure(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
        "other valid authentication credential.",
    ),
    "PERMISSION_DENIED": FcmFailure(
        403, "PERMISSION_DENIED", "Permission 'cloudmessaging.messages.create' denied on the project."
    ),
    "NOT_FOUND": FcmFailure(404, "NOT_FOUND", "Requested entity was not found."),
    "BAD_GATEWAY": FcmFailure(502, "BAD_GATEWAY", "Bad Gateway", html=True),
    "DEADLINE_EXCEEDED": FcmFailure(504, "DEADLINE_EXCEEDED", "Gateway Timeout", html=True),
}

FAULTS: Final = frozenset(
    {
        "hang",  # never answered and not processed
        "lost_answer",  # processed, and never answered
        "reset",  # processed, then RST_STREAM INTERNAL_ERROR
        "refused",  # RST_STREAM REFUSED_STREAM: not processed
        "goaway",  # GOAWAY below this stream, then the connection closes: not processed
        "goaway_after",  # processed, GOAWAY with this stream as the last, no answer
        "disconnect",  # processed, then the TCP connection is cut
        "no_apns_id",  # answered without the apns-id header
        "empty_error",  # 503 without a body: not processed
    }
)
UNPROCESSED: Final = frozenset({"hang", "refused", "goaway", "empty_error"})
"""Faults after which the provider has certainly not accepted the message."""

ANY_LISTENER: Final = frozenset({"hang", "lost_answer", "no_apns_id", "empty_error"})
"""Faults that need no frame-level control; the fast listener plays only these."""


def fcm_error_body(failure: FcmFailure, violations: list[tuple[str, str]] | None = None) -> bytes:
    """Google's error envelope, complete with `details`; HTML for the gateway errors."""
    if failure.html:
        return f"<html><title>Error {failure.http}</title><body>{failure.text}</body></html>".encode()
    details: list[dict[str, object]] = []
    if failure.error_code is not None:
        details.append({"@type": FCM_DETAIL, "errorCode": failure.error_code})
    if failure.violated_field is not None:
        violations = [(failure.violated_field, failure.text)]
    if violations:
        fields = [{"field": field, "description": text} for field, text in violations]
        details.append({"@type": BAD_REQUEST_DETAIL, "fieldViolations": fields})
    if failure.quota_subject is not None:
        violation = {"subject": failure.quota_subject, "description": failure.text}
        details.append({"@type": QUOTA_DETAIL, "violations": [violation]})
    error: dict[str, object] = {"code": failure.http, "message": failure.text, "status": failure.status}
    if details:
        error["details"] = details
    return msgspec.json.encode({"error": error})
