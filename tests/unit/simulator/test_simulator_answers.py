"""The complete bodies and headers of refusals."""

from __future__ import annotations

import json

import pytest

from entrypoints.simulator.apns import is_message_id
from entrypoints.simulator.catalogue import APNS_BODY, APNS_STATUS, FCM_FAILURES, fcm_error_body
from entrypoints.simulator.fcm import violations
from entrypoints.simulator.measures import RetryAfter
from entrypoints.simulator.stage import retry_after_header


@pytest.mark.parametrize("reason", APNS_STATUS)
def test_an_apns_body_is_the_reason_alone(reason: str) -> None:
    """JSON with one member; a 410's timestamp is added per answer."""
    assert json.loads(APNS_BODY[reason]) == {"reason": reason}


@pytest.mark.parametrize("name", [name for name, failure in FCM_FAILURES.items() if not failure.html])
def test_an_fcm_body_is_a_complete_envelope(name: str) -> None:
    """Code, status and message, and an FcmError detail exactly where there is an error code."""
    failure = FCM_FAILURES[name]
    error = json.loads(fcm_error_body(failure))["error"]
    assert (error["code"], error["status"], error["message"]) == (failure.http, failure.status, failure.text)
    codes = [item["errorCode"] for item in error.get("details", []) if item["@type"].endswith("FcmError")]
    assert codes == ([failure.error_code] if failure.error_code else [])
    kinds = {item["@type"].rpartition(".")[2] for item in error.get("details", [])}
    assert ("QuotaFailure" in kinds) == (failure.quota_subject is not None)
    assert ("BadRequest" in kinds) == (failure.violated_field is not None)


def test_retry_after_has_two_forms() -> None:
    """Seconds, or the IMF-fixdate that lies so many seconds ahead."""
    assert retry_after_header(RetryAfter(30), 0.0) == ("retry-after", "30")
    assert retry_after_header(RetryAfter(30, "date"), 0.0) == ("retry-after", "Thu, 01 Jan 1970 00:00:30 GMT")


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("6f9619ff-8b86-4d01-b42d-00cf4fc964ff", True),
        ("6F9619FF-8B86-4D01-B42D-00CF4FC964FF", False),
        ("6f9619ff8b864d01b42d00cf4fc964ff", False),
        ("6f9619ff-8b86-4d01-b42d-00cf4fc964fg", False),
        ("", False),
    ],
)
def test_a_message_id_is_a_lower_case_uuid(value: str, good: bool) -> None:
    """Canonical form only."""
    assert is_message_id(value) is good


def test_the_size_limit_counts_keys_and_values_in_bytes() -> None:
    """4,096 bytes pass, one more does not; a Korean letter is three."""
    fits = {"token": "t", "data": {"k": "가" * 1365}}
    assert list(violations({"message": fits}, fits)) == []
    over = {"token": "t", "data": {"k": "가" * 1365 + "x"}}
    assert [field for field, _ in violations({"message": over}, over)] == ["message"]
