"""Limits of tags and properties, and the canonical forms of addresses."""

from __future__ import annotations

import pytest

from domain.audience.address import parse_address
from domain.audience.tags import changed_facts
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json
from domain.shared.page import Page, check_limit, decode_id_cursor, encode_cursor

IOS, ANDROID = SubscriptionType.IOS_PUSH, SubscriptionType.ANDROID_PUSH
EMAIL, SMS, KAKAO = SubscriptionType.EMAIL, SubscriptionType.SMS, SubscriptionType.KAKAO_TALK


def test_facts_are_set_and_removed_by_key() -> None:
    assert changed_facts({"a": 1, "b": 2}, set={"b": [1, "x", None]}, remove=("a", "zz"), field="tags") == {
        "b": [1, "x", None]
    }


@pytest.mark.parametrize(
    "bad",
    [
        {f"key {n}": 1 for n in range(101)},
        {"k" * 129: 1},
        {"": 1},
        {"a\n": 1},
        {"nested": {"a": 1}},
        {"nested": [[1]]},
        {"long": "x" * 8_192},
        {"korean": "가" * 2_731},
        {"nul": "\x00"},
        {"huge": 2**60},
        {"nan": float("nan")},
    ],
    ids=str,
)
def test_facts_past_their_limits_are_refused(bad: dict[str, Json]) -> None:
    with pytest.raises(InvalidInput):
        changed_facts({}, set=bad, remove=(), field="tags")


def test_facts_at_their_limits_are_taken() -> None:
    assert len(changed_facts({}, set={f"{n:0128}": 1 for n in range(50)}, remove=(), field="tags")) == 50
    assert len(changed_facts({}, set={str(n): n for n in range(100)}, remove=(), field="tags")) == 100


@pytest.mark.parametrize(
    ("type", "given", "stored", "fault"),
    [
        (IOS, "AB" * 32, "ab" * 32, None),
        (ANDROID, " fcm:Token_1 ", "fcm:Token_1", None),
        (EMAIL, " Kim.Min@Example.COM ", "Kim.Min@example.com", None),
        (EMAIL, "no at sign", "no at sign", -40),
        (EMAIL, "a@localhost", "a@localhost", -40),
        (EMAIL, "a..b@example.com", "a..b@example.com", -40),
        (EMAIL, ".a@example.com", ".a@example.com", -40),
        (SMS, "010-1234-5678", "+821012345678", None),
        (SMS, "+82 10 1234 5678", "+821012345678", None),
        (SMS, "0082 2-123-4567", "+8221234567", None),
        (SMS, "010-123-4567", "+82101234567", -50),
        (SMS, "+1 (415) 555-2671", "+14155552671", None),
        (SMS, "hello", "hello", -50),
        (KAKAO, "01012345678", "+821012345678", None),
    ],
)
def test_addresses_have_one_form(type: SubscriptionType, given: str, stored: str, fault: int | None) -> None:
    address = parse_address(type, given)
    assert (address.text, address.fault) == (stored, fault)
    assert given.strip() not in repr(address)


def test_a_national_number_is_korean_only_where_nothing_else_is_said() -> None:
    assert parse_address(SMS, "0612345678", "FR").fault == -50


@pytest.mark.parametrize(
    ("type", "token"),
    [
        (IOS, "xyz"),
        (IOS, "abc"),
        (IOS, "ab" * 101),
        (ANDROID, "a b"),
        (ANDROID, ""),
        (ANDROID, "a" * 4_097),
        (KAKAO, "123"),
        (ANDROID, "a\x00b"),
        (EMAIL, "\ud800@example.com"),
        (SubscriptionType.IN_APP_MESSAGE, "a"),
    ],
)
def test_what_no_code_describes_is_refused(type: SubscriptionType, token: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_address(type, token)
    assert refused.value.field == "token"


@pytest.mark.parametrize("cursor", ["", "!!", "ü", encode_cursor("not an id"), encode_cursor("a", "b"), "AA"])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_id_cursor(cursor)
    assert refused.value.field == "cursor"


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_limit_outside_its_range_is_refused(limit: int) -> None:
    with pytest.raises(InvalidInput):
        check_limit(limit)


def test_an_empty_page_has_no_cursor() -> None:
    assert Page.cut([], 10, lambda item: item) == Page(())
