"""Every row of the providers' answer tables, written out here by hand, and what becomes of a message."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.channels.frame.verdict import Mark, Rule, outcome
from adapters.channels.push.apns.reasons import REASONS, rule_for
from adapters.channels.push.fcm.errors import BY_ERROR_CODE, BY_STATUS, read_error
from domain.messaging.outcome import CredentialFault, Deferred, Outcome, Rejected

BUG = Rejected("", bug=True)
CREDENTIAL = CredentialFault("", 7)
RETRY = Deferred("")
GONE = Rejected("", subscription_code=-10)

APNS_ROWS: list[tuple[int, str | None, Outcome]] = [
    (400, "BadCollapseId", BUG),
    (400, "BadExpirationDate", BUG),
    (400, "BadMessageId", BUG),
    (400, "BadPriority", BUG),
    (400, "DuplicateHeaders", BUG),
    (400, "InvalidPushType", BUG),
    (400, "MissingDeviceToken", BUG),
    (400, "PayloadEmpty", BUG),
    (400, "BadDeviceToken", Rejected("", subscription_code=-10, damage=True)),
    (400, "DeviceTokenNotForTopic", Rejected("", damage=True)),
    (400, "BadTopic", CREDENTIAL),
    (400, "MissingTopic", CREDENTIAL),
    (400, "TopicDisallowed", CREDENTIAL),
    (400, "IdleTimeout", RETRY),
    (403, "ExpiredProviderToken", CREDENTIAL),
    (403, "InvalidProviderToken", CREDENTIAL),
    (403, "MissingProviderToken", CREDENTIAL),
    (403, "UnrelatedKeyIdInToken", CREDENTIAL),
    (403, "BadEnvironmentKeyIdInToken", CREDENTIAL),
    (403, "BadCertificate", CREDENTIAL),
    (403, "BadCertificateEnvironment", CREDENTIAL),
    (403, "Forbidden", CREDENTIAL),
    (404, "BadPath", BUG),
    (405, "MethodNotAllowed", BUG),
    (410, "Unregistered", GONE),
    (410, "ExpiredToken", GONE),
    (413, "PayloadTooLarge", BUG),
    (429, "TooManyRequests", Deferred("", retry_after=60.0)),
    (429, "TooManyProviderTokenUpdates", Deferred("", retry_after=60.0, throttle=True)),
    (500, "InternalServerError", RETRY),
    (503, "ServiceUnavailable", RETRY),
    (503, "Shutdown", RETRY),
    # of the broadcast interface, and unknown ones: by class
    (400, "FeatureNotEnabled", BUG),
    (400, "MissingChannelId", BUG),
    (400, "BadChannelId", BUG),
    (404, "ChannelNotRegistered", BUG),
    (400, "BadRequestParams", BUG),
    (400, "BadRequestPayload", BUG),
    (400, "MissingPushType", BUG),
    (400, "CannotCreateChannelConfig", BUG),
    (400, "TopicMismatch", BUG),
    (418, None, BUG),
    (429, None, Deferred("", retry_after=60.0)),
    (500, "SomethingNew", RETRY),
    (502, None, Deferred("", unknown=True)),
    (503, None, RETRY),
    (504, None, Deferred("", unknown=True)),
]


@pytest.mark.parametrize(("status", "reason", "expected"), APNS_ROWS)
def test_every_apns_answer_has_the_outcome_of_the_fact_sheet(
    status: int, reason: str | None, expected: Outcome
) -> None:
    """Channel fact sheet 1.2, row by row."""
    assert outcome(rule_for(status, reason), "", credential_version=7) == expected


def test_no_apns_reason_is_in_the_table_without_a_row_here() -> None:
    """The table and this test list the same reasons."""
    assert set(REASONS) <= {reason for _, reason, _ in APNS_ROWS}


def test_two_apns_reasons_get_a_second_try_first() -> None:
    """BadDeviceToken asks the other environment, ExpiredProviderToken gets a new token."""
    second = {reason: rule.mark for reason, rule in REASONS.items() if rule.mark in (Mark.PROBE, Mark.RENEW)}
    assert second == {"BadDeviceToken": Mark.PROBE, "ExpiredProviderToken": Mark.RENEW}


FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
QUOTA = "type.googleapis.com/google.rpc.QuotaFailure"


def fcm(status: str, code: str | None = None, *details: dict[str, Any], text: str = "") -> bytes:
    """Google's error envelope."""
    listed = [*details]
    if code is not None:
        listed.insert(0, {"@type": FCM_ERROR, "errorCode": code})
    return json.dumps({"error": {"code": 0, "status": status, "message": text, "details": listed}}).encode()


def wrong(field: str) -> dict[str, Any]:
    """A BadRequest detail about one field."""
    return {"@type": BAD_REQUEST, "fieldViolations": [{"field": field, "description": "Invalid"}]}


def quota(subject: str, text: str = "") -> dict[str, Any]:
    """A QuotaFailure detail."""
    return {"@type": QUOTA, "violations": [{"subject": subject, "description": text}]}


NO_TOKEN = Rejected("", subscription_code=-10, damage=True)
THROTTLED = Deferred("", retry_after=60.0, throttle=True)
TARGET = Deferred("", retry_after=60.0)
UNKNOWN = Deferred("", unknown=True)
TOKEN_TEXT = "The registration token is not a valid FCM registration token"

FCM_ROWS: list[tuple[int, bytes, Mark, Outcome]] = [
    (400, fcm("INVALID_ARGUMENT", None, wrong("message.token")), Mark.FAIL, NO_TOKEN),
    (400, fcm("INVALID_ARGUMENT", "INVALID_ARGUMENT", wrong("message.fid")), Mark.FAIL, NO_TOKEN),
    (400, fcm("INVALID_ARGUMENT", "INVALID_ARGUMENT", text=TOKEN_TEXT), Mark.FAIL, NO_TOKEN),
    (400, fcm("INVALID_ARGUMENT", "INVALID_ARGUMENT"), Mark.BUG, BUG),
    (400, fcm("INVALID_ARGUMENT", "INVALID_ARGUMENT", wrong("message.android.ttl")), Mark.BUG, BUG),
    (400, fcm("INVALID_ARGUMENT", None, wrong("message.data"), text=TOKEN_TEXT), Mark.BUG, BUG),
    (401, fcm("UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), Mark.CREDENTIAL, CREDENTIAL),
    (401, fcm("UNAUTHENTICATED"), Mark.RENEW, CREDENTIAL),
    (
        403,
        fcm("PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
        Mark.FAIL,
        Rejected("", subscription_code=-6, damage=True),
    ),
    (403, fcm("PERMISSION_DENIED"), Mark.CREDENTIAL, CREDENTIAL),
    (404, fcm("NOT_FOUND", "UNREGISTERED"), Mark.FAIL, GONE),
    (404, fcm("NOT_FOUND"), Mark.CREDENTIAL, CREDENTIAL),
    (429, fcm("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), Mark.THROTTLE, THROTTLED),
    (429, fcm("RESOURCE_EXHAUSTED"), Mark.THROTTLE, THROTTLED),
    (429, fcm("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", quota("project:p1")), Mark.THROTTLE, THROTTLED),
    (429, fcm("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", quota("device:x")), Mark.RETRY, TARGET),
    (429, fcm("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", quota("", "Topic rate")), Mark.RETRY, TARGET),
    (500, fcm("INTERNAL", "INTERNAL"), Mark.RETRY, RETRY),
    (500, fcm("INTERNAL"), Mark.RETRY, RETRY),
    (503, fcm("UNAVAILABLE", "UNAVAILABLE"), Mark.RETRY, RETRY),
    (503, fcm("UNAVAILABLE"), Mark.RETRY, RETRY),
    (503, b"", Mark.RETRY, RETRY),
    (504, fcm("DEADLINE_EXCEEDED"), Mark.RETRY, UNKNOWN),
    (502, b"<html>Bad Gateway</html>", Mark.RETRY, UNKNOWN),
    (504, b"<html>Gateway Timeout</html>", Mark.RETRY, UNKNOWN),
    (404, b"<html>Not Found</html>", Mark.RETRY, UNKNOWN),
    (500, fcm("UNKNOWN", "UNSPECIFIED_ERROR"), Mark.RETRY, Deferred("", max_attempts=3)),
    (418, fcm("TEAPOT"), Mark.BUG, BUG),
    (599, fcm("NEW"), Mark.RETRY, RETRY),
]


@pytest.mark.parametrize(("status", "body", "mark", "expected"), FCM_ROWS)
def test_every_fcm_answer_has_the_outcome_of_the_fact_sheet(
    status: int, body: bytes, mark: Mark, expected: Outcome
) -> None:
    """Channel fact sheet 2.2, row by row: errorCode first, then status, then the HTTP code."""
    verdict = read_error(status, body)
    assert verdict.rule.mark is mark
    assert outcome(verdict.rule, "", credential_version=7) == expected


def test_no_fcm_code_is_in_the_table_without_a_row_here() -> None:
    """The table and this test list the same codes."""
    seen = b" ".join(body for _, body, _, _ in FCM_ROWS).decode()
    assert all(f'"{name}"' in seen for name in (*BY_ERROR_CODE, *BY_STATUS))


def test_a_strange_detail_does_not_hide_the_error_code() -> None:
    """Details of undocumented shapes are skipped one by one."""
    strange = {"@type": QUOTA, "violations": "many"}
    assert read_error(404, fcm("NOT_FOUND", "UNREGISTERED", strange)).reason == "UNREGISTERED"


def test_a_longer_retry_after_is_obeyed_and_a_shorter_one_raised_to_the_least_wait() -> None:
    """TooManyRequests waits at least a minute."""
    busy = rule_for(429, "TooManyRequests")
    assert outcome(busy, "", credential_version=1, retry_after=5.0) == Deferred("", retry_after=60.0)
    assert outcome(busy, "", credential_version=1, retry_after=90.0) == Deferred("", retry_after=90.0)
    quota_rule = read_error(429, fcm("RESOURCE_EXHAUSTED")).rule
    waited = outcome(quota_rule, "", credential_version=1, retry_after=5.0)
    assert waited == Deferred("", retry_after=5.0, throttle=True)


def test_the_410_timestamp_reaches_the_outcome() -> None:
    """A token registered after it stays subscribed."""
    gone = outcome(rule_for(410, "Unregistered"), "x", credential_version=1, invalid_since=1_790_000_000.5)
    assert isinstance(gone, Rejected)
    assert gone.token_invalid_since == 1_790_000_000.5


def test_details_never_carry_googles_text_which_may_quote_the_token() -> None:
    """Only field names are kept."""
    verdict = read_error(400, fcm("INVALID_ARGUMENT", None, wrong("message.data"), text="token SECRET"))
    assert "SECRET" not in repr(verdict)
    assert verdict.fields == ("message.data",)


def test_a_rule_without_wait_passes_retry_after_on() -> None:
    """503 with Retry-After."""
    assert outcome(Rule(Mark.RETRY), "", credential_version=1, retry_after=3.0) == Deferred(
        "", retry_after=3.0
    )
