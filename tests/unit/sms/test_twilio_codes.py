"""Every row of Twilio's table, as the channel fact sheet 4.4 has it."""

from __future__ import annotations

import attrs
import pytest

from adapters.channels.frame.verdict import Mark, outcome
from adapters.channels.sms.twilio.codes import CODES, UNTIL_TOMORROW, callback_rule, create_rule
from domain.messaging.outcome import Deferred
from tests.unit.sms.table_rows import Row, each, expected

ROWS: list[Row] = [
    ("10001 20003 20005 20006 20008 20403 30002", "CRED", "keep"),
    ("20001 20002 20004 20404 20426 21602 21603 21604 21605 21609 21617 21618 21619 21620", "BUG", "keep"),
    ("21623 21624 21626 21627 21652-21656 21658 30012-30016 30019 30028-30031", "BUG", "keep"),
    ("30400 30404 30409", "BUG", "keep"),
    ("20409", "RETRY", "keep"),
    ("20429 14107 63017", "THROT", "keep"),
    ("20503", "RETRY", "keep"),
    # "create: unknown outcome on 5xx after body"
    ("20500 20504", "UNKNOWN", "keep"),
    ("21211 21217 21401 21421", "FAIL", "-50"),
    ("21214", "FAIL", "-52"),
    ("21212 21601 21606 21607 21616 21621 21657 21659 21660 21661 21613 21701-21705", "CRED", "msg -55"),
    ("21708-21720 30024 30032-30035 30040 30125", "CRED", "msg -55"),
    # "CRED (country)": the country's messages fail by themselves, the channel goes on
    ("21216 21408", "BUG", "keep"),
    ("21219 21608", "CRED", "keep"),
    ("21610", "FAIL", "-54"),
    ("21611 30001", "THROT", "keep"),
    ("21612", "FAIL", "5x-51"),
    ("21614 21635 30006", "FAIL", "-52"),
    ("21622 30011", "BUG", "keep"),
    ("30003", "FAIL", "5x-53"),
    ("30004", "FAIL", "-54"),
    ("30005", "FAIL", "-52"),
    ("30007 30450 30453 30454", "FAIL", "keep"),
    ("30008 30009 30010", "FAIL", "5x-51"),
    ("30017 30410", "FAIL", "5x-53"),
    ("30018", "CRED", "msg -55"),
    ("30020 30021", "RETRY", "keep"),
    ("30022 30023 30025-30027 63038", "THROT", "keep"),
    ("30036", "FAIL", "keep"),
    ("30037-30039", "FAIL", "keep"),
]


@pytest.mark.parametrize(("code", "mark", "verdict"), each(ROWS))
def test_every_code(code: str, mark: str, verdict: str) -> None:
    """The same on create and in a callback."""
    for rule in (create_rule(400, int(code)), callback_rule(int(code))):
        found = outcome(attrs.evolve(rule, default_wait=None), "", credential_version=7)
        assert found == expected(mark, verdict)


def test_no_code_is_in_the_table_without_a_row_here() -> None:
    """The table and this test list the same codes."""
    assert {str(code) for code in CODES} == {code for code, _, _ in each(ROWS)}


@pytest.mark.parametrize(
    ("status", "mark", "unknown"),
    [
        (400, Mark.BUG, False),
        (401, Mark.CREDENTIAL, False),
        (403, Mark.CREDENTIAL, False),
        (404, Mark.BUG, False),
        (429, Mark.THROTTLE, False),
        (500, Mark.RETRY, True),
        (502, Mark.RETRY, True),
        (503, Mark.RETRY, False),
        (504, Mark.RETRY, True),
    ],
)
def test_a_code_that_is_new_on_create_is_judged_by_the_status(status: int, mark: Mark, unknown: bool) -> None:
    """A 5xx after the body was sent leaves open whether the message was made."""
    rule = create_rule(status, 29_999)
    assert (rule.mark, rule.unknown) == (mark, unknown)
    assert create_rule(status, None) == rule


def test_a_code_that_is_new_in_a_callback_says_that_it_did_not_arrive() -> None:
    """Five of them in a row are -51."""
    for code in (None, 39_999):
        assert outcome(callback_rule(code), "", credential_version=7) == expected("FAIL", "5x-51")


def test_caps_of_a_day_wait_until_tomorrow_others_a_minute() -> None:
    """The route works out how long that is."""
    assert {str(code) for code in UNTIL_TOMORROW} == {"30022", "30023", "30025", "30026", "30027", "63038"}
    assert outcome(create_rule(429, 20_429), "", credential_version=7) == Deferred(
        "", retry_after=60.0, throttle=True
    )
