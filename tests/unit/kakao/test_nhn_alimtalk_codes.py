"""Every row of NHN Cloud KakaoTalk Bizmessage's tables, as the channel fact sheet 5.3 has them."""

from __future__ import annotations

import attrs
import pytest

from adapters.channels.frame.verdict import outcome
from adapters.channels.kakao.nhn.codes import (
    API,
    DELIVERED,
    FALLBACK,
    RESULTS,
    SUSPECT_NUMBER,
    UNCERTAIN,
    UNDER_WAY,
    api_rule,
    result_rule,
)
from tests.unit.sms.table_rows import Row, each, expected

# A specific code wins over a range; of ranges some members stand for all.
API_ROWS: list[Row] = [
    ("-1000 -1001 -1020 -4004 -4005 -1030", "CRED", "keep"),
    ("-1002 -1003 -1019 -2502 -4200", "CRED", "msg -55"),
    # already accepted: looked up, never sent again
    ("-1005", "UNKNOWN", "keep"),
    ("-1006 -1014 -1024 -1027 -2017 -4029", "CRED", "msg -65"),
    ("-1028", "BUG", "msg -63"),
    # per-recipient codes decide; this is what is left for whoever has none
    ("-1031", "BUG", "keep"),
    ("4 -1016 -2000 -2001 -2002 -2003 -2004 -2005 -2018 -2028 -2029 -2030 -2031", "BUG", "keep"),
    ("-2033 -2034 -2035 -2036 -2500 -2501 -3290 -3299 -4000 -4003 -4099 -8001 -8010", "BUG", "keep"),
    ("-9992 -2504 -3000 -3001 -3002 -3006 -3007 -3008 -3009 -3020 -3030 -3040 -3050", "BUG", "keep"),
    ("-3101 -3303 -3310 -3326 -3334 -3347 -4101 -9993 -9994 -9995 -9996 -9997 -9998", "BUG", "keep"),
    ("-2019 -2032 -2035 -2037 -3048", "BUG", "keep"),
    ("-2025 -2026 -2027", "BUG", "keep"),
    # "CRED for template": the template fails by itself, the channel goes on
    ("-3003 -3004 -3005", "BUG", "msg -63"),
    ("-3010 -3011 -3042 -3043 -3046 -3049", "BUG", "msg -63"),
    ("-3301", "FAIL", "-61"),
    ("-4019 -5000", "FAIL", "-60"),
    ("-8006 -8008", "BUG", "keep"),
    ("-7000 -9999", "RETRY", "keep"),
    ("-12345", "BUG", "keep"),
]
RESULT_ROWS: list[Row] = [
    ("1001 1004 1012 1015 1030 1033 3011 3013 3014 3023 3025 3026", "BUG", "keep"),
    ("4100 4101 4110 4120 4130 4144", "BUG", "keep"),
    ("1002 1011 1013 1014 1016 4103", "CRED", "keep"),
    ("1003 1006 1007 1021-1025 1027 4104", "CRED", "msg -65"),
    ("1020 3008", "FAIL", "-60"),
    ("1028 3041 3043-3048 3050-3058 4138", "BUG", "keep"),
    ("2003", "FAIL", "msg -62"),
    ("2001 2005 3000 3006 3010 3012 4121 4122 4137 4139-4142 9998 9999", "RETRY", "keep"),
    ("3015 4102 4133 4134", "BUG", "msg -63"),
    ("3016 3027-3040 4132", "BUG", "msg -63"),
    ("3018", "FAIL", "3x-60"),
    ("3019", "FAIL", "-60"),
    ("3020", "FAIL", "-61"),
    ("3021", "FAIL", "3x-60"),
    ("3022", "RETRY", "keep"),
    ("3024 3042", "BUG", "keep"),
    ("4143", "FAIL", "keep"),
    ("7777", "FAIL", "keep"),
]


@pytest.mark.parametrize(("code", "mark", "verdict"), each(API_ROWS))
def test_every_api_result_code(code: str, mark: str, verdict: str) -> None:
    """What the service answers to a request or for one recipient."""
    assert outcome(api_rule(int(code)), "", credential_version=7) == expected(mark, verdict)


@pytest.mark.parametrize(("code", "mark", "verdict"), each(RESULT_ROWS))
def test_every_delivery_result_code(code: str, mark: str, verdict: str) -> None:
    """What Kakao reports."""
    assert outcome(result_rule(code), "", credential_version=7) == expected(mark, verdict)


def test_the_daily_limit_slows_the_channel_and_marks_the_message() -> None:
    """4156 is -64 of the message, never of the subscription."""
    rule = result_rule("4156")
    assert rule.message_code == -64
    assert outcome(attrs.evolve(rule, message_code=None), "", credential_version=7) == expected(
        "THROT", "keep"
    )


def test_no_code_is_in_a_table_without_a_row_here() -> None:
    """The tables and this test list the same codes."""
    assert {str(code) for code in API} <= {code for code, _, _ in each(API_ROWS)}
    assert set(RESULTS) == {code for code, _, _ in each(RESULT_ROWS)} - {"7777"} | {"4156"}


def test_codes_that_change_nothing_are_in_no_table() -> None:
    """1000 arrived; 3005 and 4131 leave it as it is; three more ask for patience."""
    quiet = {DELIVERED, *UNCERTAIN, *UNDER_WAY}
    assert quiet == {"1000", "3005", "4131", "4000", "4001", "4161"}
    assert not quiet & set(RESULTS)


def test_another_channel_is_tried_only_where_the_sheet_says_so() -> None:
    """Not reached on KakaoTalk, or Kakao itself failed."""
    kakao_failed = each([("2001 2005 3000 3006 3010 3012 4121 4122 4137 4139-4142 9998 9999", "RETRY", "")])
    assert set(FALLBACK) == {"3018", "3019", "3020", "3021"} | {code for code, _, _ in kakao_failed}
    assert set(SUSPECT_NUMBER) == {"-4019", "-5000", "1020", "3008"}
