"""The rules of signing in: sessions, codes, waiting, passwords, and what a role may do."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.crypto.one_time_codes import STEP_SECONDS, ClockedCodes, code_at
from domain.operators.audit import LONGEST_TEXT, shortened
from domain.operators.operator import Operator, check_email, check_password
from domain.operators.roles import Right, Role
from domain.operators.session import (
    FREE_FAILURES,
    LONGEST_WAIT,
    Attempts,
    Session,
    form_token,
    is_form_token,
)
from domain.shared.errors import Forbidden, InvalidInput

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
ID = UUID(int=1)


def operator(role: Role = Role.VIEWER) -> Operator:
    return Operator(
        id=ID,
        email="kim@example.com",
        name="Kim",
        role=role,
        password_hash="",
        code_key=b"",
        code_key_id="k1",
        created_at=NOW,
    )


def test_a_session_ends_when_it_is_idle_or_old() -> None:
    """Two hours without use, or twelve hours in all."""
    session = Session(id_hash=b"", operator_id=ID, created_at=NOW, used_at=NOW)
    assert session.is_live(NOW + timedelta(hours=1, minutes=59))
    assert not session.is_live(NOW + timedelta(hours=2))
    session.used_at = NOW + timedelta(hours=11)
    assert session.is_live(NOW + timedelta(hours=11, minutes=59))
    assert not session.is_live(NOW + timedelta(hours=12))


def test_waiting_doubles_up_to_a_quarter_of_an_hour_and_is_forgotten() -> None:
    """Five attempts are free; each further one doubles the wait; an hour of silence forgets them."""
    attempts, now, waits = Attempts(), NOW, []
    for _ in range(FREE_FAILURES + 9):
        wait = attempts.wait(now)
        waits.append(wait)
        now += wait
        attempts.count(now)
    assert waits[:FREE_FAILURES] == [timedelta(0)] * FREE_FAILURES
    grown = waits[FREE_FAILURES:]
    assert grown[0] > timedelta(0)
    assert all(after == min(before * 2, LONGEST_WAIT) for before, after in itertools.pairwise(grown))
    assert grown[-1] == LONGEST_WAIT
    assert attempts.wait(now + timedelta(hours=1)) == timedelta(0)


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, cut to six digits; one step of tolerance, no more; nothing but six digits is a code."""
    key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert [code_at(key, at // STEP_SECONDS) for at in (59, 1111111109, 1234567890, 2000000000)] == [
        "287082",
        "081804",
        "005924",
        "279037",
    ]
    codes = ClockedCodes()
    step = int(NOW.timestamp()) // STEP_SECONDS
    found = [codes.matching_step(key, code_at(key, step + off), NOW) for off in (-2, -1, 0, 1, 2)]
    assert found == [None, step - 1, step, step + 1, None]
    for typed in ("", "abc", "12345", "1234567", "１２３４５６", "-12345"):
        assert codes.matching_step(key, typed, NOW) is None


def test_a_code_is_good_once() -> None:
    """Neither the same step nor an earlier one opens again."""
    one = operator()
    assert one.use_code_step(100)
    assert not one.use_code_step(100)
    assert not one.use_code_step(99)
    assert one.use_code_step(101)


def test_a_form_token_belongs_to_its_session() -> None:
    """Another session's token, an empty one and nonsense are none."""
    assert is_form_token("secret", form_token("secret"))
    for wrong in (form_token("other"), "", "\udc80", form_token("secret")[:-1]):
        assert not is_form_token("secret", wrong)


def test_roles_have_the_rights_of_the_table() -> None:
    """Owners everything, viewers reading; somebody who was shut out nothing."""
    assert Role.OWNER.rights == frozenset(Right)
    assert Role.VIEWER.rights == {Right.READ}
    assert Right.OPERATIONS not in Role.MARKETER.rights
    assert Right.CAMPAIGNS not in Role.OPERATOR.rights
    assert all(Right.PEOPLE not in role.rights for role in Role if role is not Role.OWNER)
    one = operator(Role.OWNER)
    one.check_may(Right.PEOPLE)
    one.disabled_at = NOW
    with pytest.raises(Forbidden):
        one.check_may(Right.READ)


@pytest.mark.parametrize("password", ["short", "a" * 12, "x" * 257, "kim@example.com", "null\x00character"])
def test_a_bad_password_is_refused(password: str) -> None:
    """Too short, too long, of too few letters, the address itself, or with a NUL."""
    with pytest.raises(InvalidInput):
        check_password(password, email="kim@example.com", name="Kim")


def test_an_address_is_compared_in_lower_case() -> None:
    """And must look like one."""
    assert check_email("  Kim@Example.COM ") == "kim@example.com"
    for wrong in ("", "kim", "@", "kim@", "a b@c", "k" * 250 + "@example.com", "k\n@example.com"):
        with pytest.raises(InvalidInput):
            check_email(wrong)


def test_long_texts_in_the_log_are_cut() -> None:
    """However deep they lie."""
    cut = shortened({"a": "x" * 5_000, "b": [{"c": "y" * 5_000}], "n": 1})
    assert cut["a"] == "x" * LONGEST_TEXT + "…"
    assert cut["b"] == [{"c": "y" * LONGEST_TEXT + "…"}]
    assert cut["n"] == 1
