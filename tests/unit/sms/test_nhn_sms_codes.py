"""Every row of NHN Cloud SMS's tables, as the channel fact sheet 4.3 has them."""

from __future__ import annotations

import pytest

from adapters.channels.frame.nhn.http_calls import by_status
from adapters.channels.frame.verdict import outcome
from adapters.channels.sms.nhn.codes import (
    ABROAD,
    ABROAD_WAITS,
    API,
    RESULTS,
    abroad_rule,
    api_rule,
    result_rule,
)
from domain.messaging.outcome import Deferred
from tests.unit.sms.table_rows import Row, each, expected

# A specific code wins over a range; of ranges some members stand for all.
API_ROWS: list[Row] = [
    ("-1000 -1001 -1002 -1003 -1004 -1007 -1008", "CRED", "keep"),
    ("4 -1005 -1006 -2000 -2001 -2002 -2003 -2004 -2005 -2006", "BUG", "keep"),
    ("-2008 -2009 -2010 -2011 -2012 -2013 -2014 -2016 -2017 -2022 -2043", "BUG", "keep"),
    ("-2100 -2117 -2199 -2200 -2206 -2700 -2706", "BUG", "keep"),
    ("-4000 -7000 -7002 -8000 -9995 -9996 -9997 -9998", "BUG", "keep"),
    ("-2015 -2048 -2023 -2024", "BUG", "keep"),
    ("-2018 -2019", "FAIL", "-50"),
    ("-2021 -9999", "RETRY", "keep"),
    # "CRED (country)": the country's messages fail by themselves, the channel goes on
    ("-2044 -2045 -2046 -2047 -2050 -2051 -2053", "BUG", "keep"),
    ("-2052", "CRED", "keep"),
    ("-2312 -2313", "CRED", "msg -55"),
    ("-6000 -6004", "CRED", "keep"),
    ("-6003", "BUG", "keep"),
    ("-6001", "FAIL", "-54"),
    ("-12345", "BUG", "keep"),
]
RESULT_ROWS: list[Row] = [
    ("1001 3011", "FAIL", "5x-53"),
    ("1002 3003", "FAIL", "-50"),
    ("1003 3017 3018 3019 4001 4002", "CRED", "msg -55"),
    ("1019 2000 2001 2002 2003 2004 2005 2007 3004 3005 4004 4009", "FAIL", "5x-53"),
    ("2006 3000 3008 3014 4006 4007 E900 E999", "FAIL", "5x-51"),
    ("3001 4005", "FAIL", "-52"),
    ("4003", "FAIL", "-50"),
    ("3002", "FAIL", "keep"),
    ("3006 3013", "FAIL", "-54"),
    ("3007 3009 3010 3016 E911 E913", "BUG", "keep"),
    ("3012 4008 4010", "FAIL", "5x-51"),
    ("3015", "FAIL", "keep"),
    ("E915", "FAIL", "keep"),
    ("E919", "RETRY", "keep"),
    ("8888", "FAIL", "5x-51"),
]
ABROAD_ROWS: list[Row] = [
    ("2 7 8", "FAIL", "5x-53"),
    ("3", "FAIL", "-52"),
    ("4 9 53", "FAIL", "-54"),
    ("5 11 12 14 99 1 1000", "FAIL", "5x-51"),
    ("6 20 21 22", "FAIL", "keep"),
    ("13", "FAIL", "keep"),
    ("16", "THROT", "keep"),
    ("39 51 54", "CRED", "msg -55"),
    ("777", "FAIL", "5x-51"),
]


@pytest.mark.parametrize(("code", "mark", "verdict"), each(API_ROWS))
def test_every_api_result_code(code: str, mark: str, verdict: str) -> None:
    """What the service answers to a request or for one recipient."""
    assert outcome(api_rule(int(code)), "", credential_version=7) == expected(mark, verdict)


@pytest.mark.parametrize(("code", "mark", "verdict"), each(RESULT_ROWS))
def test_every_result_code_of_receiving(code: str, mark: str, verdict: str) -> None:
    """What carriers report."""
    assert outcome(result_rule(code), "", credential_version=7) == expected(mark, verdict)


@pytest.mark.parametrize(("code", "mark", "verdict"), each(ABROAD_ROWS))
def test_every_error_code_from_abroad(code: str, mark: str, verdict: str) -> None:
    """International delivery receipts."""
    assert outcome(abroad_rule(code), "", credential_version=7) == expected(mark, verdict)


def test_no_code_is_in_a_table_without_a_row_here() -> None:
    """The tables and this test list the same codes."""
    assert {str(code) for code in API} <= {code for code, _, _ in each(API_ROWS)}
    assert set(RESULTS) == {code for code, _, _ in each(RESULT_ROWS)} - {"8888"}
    assert set(ABROAD) == {code for code, _, _ in each(ABROAD_ROWS)} - {"777"}
    assert set(ABROAD_WAITS) == {"ACCEPTED", "BUFFERED"}


def test_http_statuses_that_decide_by_themselves() -> None:
    """429 slows down, 502 and 504 leave it open whether the request was processed, other 5xx do not."""
    judged = {
        status: outcome(rule, "", credential_version=7)
        for status in (429, 500, 502, 503, 504)
        if (rule := by_status(status)) is not None
    }
    assert judged == {
        429: Deferred("", retry_after=60.0, throttle=True),
        500: Deferred(""),
        502: Deferred("", unknown=True),
        503: Deferred(""),
        504: Deferred("", unknown=True),
    }
    assert by_status(200) is None
    assert by_status(400) is None
