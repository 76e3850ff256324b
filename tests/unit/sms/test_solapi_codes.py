"""Every row of Solapi's tables, as the channel fact sheet 4.2 has them, for SMS and for AlimTalk."""

from __future__ import annotations

import attrs
import pytest

from adapters.channels.frame.solapi.codes import (
    DELIVERED,
    FALLBACK,
    KAKAO_STATUS,
    MORNING,
    REFUSALS,
    SMS_STATUS,
    TAKEN,
    refusal_rule,
    status_rule,
)
from adapters.channels.frame.verdict import outcome
from domain.messaging.outcome import Deferred, Outcome
from tests.unit.sms.table_rows import Row, each, expected

EITHER: list[Row] = [
    ("1010 1011 1013 1014 1021-1023 1025 1027 1028 1031-1034 2011 3011", "BUG", "keep"),
    ("1029", "BUG", "keep"),
    ("1020", "CRED", "keep"),
    ("1024 2024 3012 3024", "RETRY", "keep"),
    ("1026", "FAIL", "keep"),
    ("1030 2230", "CRED", "keep"),
    ("1041 3101 3106", "CRED", "msg -65"),
    # "CRED for that template": the template fails by itself, the channel goes on
    ("1042 3105", "BUG", "msg -63"),
    ("1043 3103", "BUG", "msg -63"),
    ("1044-1050 1052 1053", "BUG", "msg -63"),
    ("1051", "BUG", "keep"),
    ("1058 3058", "FAIL", "keep"),
    ("1062 2062 3013 3059", "CRED", "msg -55"),
    ("3060", "FAIL", "keep"),
    ("3108", "RETRY", "keep"),
]
SMS: list[Row] = [
    *EITHER,
    ("1060 2060", "FAIL", "-54"),
    ("1061 2061", "FAIL", "-54"),
    ("1064 2064 2063", "CRED", "msg -55"),
    ("2254 3054", "FAIL", "5x-51"),
    ("3010", "FAIL", "-50"),
    ("3014 3031 3046 3048 3052", "FAIL", "5x-51"),
    ("3032", "FAIL", "-52"),
    ("3040 3041 3042 3043 3044 3045 3051 3053 3056 3057", "FAIL", "5x-53"),
    ("3047", "FAIL", "-54"),
    ("3050", "FAIL", "-52"),
    ("3055", "FAIL", "-54"),
    # newer codes, by their thousands
    ("1999", "BUG", "keep"),
    ("2999", "RETRY", "keep"),
    ("3999", "FAIL", "5x-51"),
    ("9999", "BUG", "keep"),
]
KAKAO: list[Row] = [
    *EITHER,
    ("1060 2060 1061 2061", "FAIL", "keep"),
    ("1064 2064 2063", "CRED", "keep"),
    ("2254 3054", "FAIL", "keep"),
    ("3010", "FAIL", "-60"),
    ("3014 3031 3046 3048 3052 3032", "FAIL", "keep"),
    ("3040 3041 3042 3043 3044 3045 3051 3053 3056 3057 3047 3050 3055", "FAIL", "keep"),
    ("3102", "FAIL", "msg -62"),
    ("3104", "FAIL", "-60"),
    ("3107", "FAIL", "3x-61"),
    ("1999", "BUG", "keep"),
    ("2999", "RETRY", "keep"),
    ("3999", "FAIL", "keep"),
]


def judged(code: str, *, kakao: bool) -> Outcome:
    """The outcome of a message status code."""
    return outcome(status_rule(code, kakao=kakao), "", credential_version=7)


@pytest.mark.parametrize(("code", "mark", "verdict"), each(SMS))
def test_every_status_code_of_a_text_message(code: str, mark: str, verdict: str) -> None:
    """The SMS column."""
    assert judged(code, kakao=False) == expected(mark, verdict)


@pytest.mark.parametrize(("code", "mark", "verdict"), each(KAKAO))
def test_every_status_code_of_an_alimtalk(code: str, mark: str, verdict: str) -> None:
    """The Kakao column."""
    assert judged(code, kakao=True) == expected(mark, verdict)


def test_no_status_code_is_in_a_table_without_a_row_here() -> None:
    """The tables and this test list the same codes, but for those of the other channel."""
    assert set(SMS_STATUS) - {"3102", "3104", "3107"} <= {code for code, _, _ in each(SMS)}
    assert set(KAKAO_STATUS) <= {code for code, _, _ in each(KAKAO)}


def test_codes_that_say_that_all_is_well_are_in_no_table() -> None:
    """2000 and 3000 are on their way, 4000 arrived."""
    assert {*TAKEN, DELIVERED} == {"2000", "3000", "4000"}
    assert not {*TAKEN, DELIVERED} & {*SMS_STATUS, *KAKAO_STATUS}


def test_another_channel_is_tried_only_where_the_sheet_says_so() -> None:
    """Not a friend, not on KakaoTalk, not reached: fallback. Outside the hours: in the morning."""
    assert set(FALLBACK) == {"3102", "3104", "3107"}
    assert set(MORNING) == {"3108"}


HTTP: list[tuple[int, str | None, str]] = [
    (403, "InvalidAPIKey", "CRED"),
    (403, "SignatureDoesNotMatch", "CRED"),
    (403, "Forbidden", "CRED"),
    (403, "RequestTimeTooSkewed", "CRED"),
    (400, "NotEnoughBalance", "CRED"),
    (402, "BalanceInsufficient", "CRED"),
    (400, "InvalidAppId", "CRED"),
    (400, "InactiveApp", "CRED"),
    (400, "BlockedApp", "CRED"),
    (400, "InvalidAccountId", "CRED"),
    (400, "NotOperationalStatus", "CRED"),
    (400, "ValidationError", "BUG"),
    (400, "InvalidScheduledDate", "BUG"),
    (400, "RecipientsTooMany", "BUG"),
    (400, "InvalidCountryId", "BUG"),
    (400, "InvalidStatus", "BUG"),
    (400, "InvalidStatusCode", "BUG"),
    (400, "ImageNotFound", "BUG"),
    (404, "ResourceNotFound", "BUG"),
    (400, "GroupInProcessing", "UNKNOWN"),
    (400, "AlreadySent", "UNKNOWN"),
    (400, "ScheduledGroup", "UNKNOWN"),
    (400, "InvalidGroupStatus", "UNKNOWN"),
    (400, "DeletedGroup", "RETRY"),
    (400, "FailedGroup", "RETRY"),
    (500, "InternalError", "RETRY"),
    (500, None, "RETRY"),
    (502, None, "UNKNOWN"),
    (503, None, "RETRY"),
    (504, None, "UNKNOWN"),
    (599, None, "RETRY"),
    (401, None, "CRED"),
    (418, "Teapot", "BUG"),
]


@pytest.mark.parametrize(("status", "code", "mark"), HTTP)
def test_every_http_error(status: int, code: str | None, mark: str) -> None:
    """By errorCode, else by HTTP status."""
    found = outcome(refusal_rule(status, code), "", credential_version=7)
    assert found == expected(mark, "keep")


def test_too_many_requests_slow_everybody_down() -> None:
    """429 without Retry-After waits a minute; Solapi publishes no limit."""
    found = outcome(refusal_rule(429, None), "", credential_version=7)
    assert isinstance(found, Deferred)
    assert (found.throttle, found.retry_after) == (True, 60.0)
    waited = outcome(refusal_rule(429, "TooManyRequests"), "", credential_version=7, retry_after=3.0)
    assert waited == attrs.evolve(found, retry_after=3.0)


def test_no_http_error_is_in_the_table_without_a_row_here() -> None:
    """DuplicatedSignature gets a second try, which another test plays."""
    assert set(REFUSALS) - {"DuplicatedSignature"} == {code for _, code, _ in HTTP if code in REFUSALS}
