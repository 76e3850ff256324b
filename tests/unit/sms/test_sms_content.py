"""What a text message may say: each refusal names the key and what to do instead."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.sms.content import read_sms_content
from domain.messaging.sms_text import SmsKind
from domain.shared.errors import ContentTooLarge, InvalidInput

AD = "(광고) 봄맞이 할인\n무료수신거부 080-123-4567"
EMOJI = "확인 🙂"


def read(**content: Any) -> Any:
    """As it stands under content.sms."""
    return read_sms_content(content, field="content.sms")


@pytest.mark.parametrize(
    ("content", "kind", "size"),
    [
        ({"text": "인증번호 482913"}, SmsKind.SMS, 15),
        ({"text": "가" * 45}, SmsKind.SMS, 90),
        ({"text": "가" * 45 + "a"}, SmsKind.LMS, 91),
        ({"text": "가", "title": "제목"}, SmsKind.LMS, 2),
        ({"text": "가", "type": "lms"}, SmsKind.LMS, 2),
        ({"text": "가" * 1_000}, SmsKind.LMS, 2_000),
        ({"text": "가", "title": None, "sender": None, "type": None, "advertising": None}, SmsKind.SMS, 2),
    ],
)
def test_a_text_is_short_or_long_by_its_bytes(content: dict[str, Any], kind: SmsKind, size: int) -> None:
    """90 bytes of CP949 are a short message; a title or the type makes a long one."""
    found = read(**content)
    assert (found.korean.kind, found.korean.bytes) == (kind, size)
    assert found.is_long is (kind is SmsKind.LMS)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({}, "text"),
        ({"text": None}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": 7}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "\ud800"}, "text"),
        ({"text": "안녕", "body": "안녕"}, "body"),
        ({"text": "안녕", "title": "두\n줄"}, "title"),
        ({"text": "안녕", "title": "제목", "type": "sms"}, "title"),
        ({"text": "안녕", "type": "mms"}, "type"),
        ({"text": "안녕", "type": ["sms"]}, "type"),
        ({"text": "안녕", "alphabet": "ascii"}, "alphabet"),
        ({"text": "안녕", "sender": "12"}, "sender"),
        ({"text": "안녕", "sender": 15881234}, "sender"),
        ({"text": "안녕", "advertising": "yes"}, "advertising"),
        ({"text": "할인\n무료수신거부 080-123-4567", "advertising": True}, "text"),
        ({"text": "(광고) 할인", "advertising": True}, "text"),
        ({"text": EMOJI}, "text"),
        ({"text": "안녕", "title": EMOJI}, "text"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_key(content: dict[str, Any], field: str) -> None:
    """Each with something to do."""
    with pytest.raises(InvalidInput) as refused:
        read(**content)
    assert refused.value.field == f"content.sms.{field}"
    assert refused.value.fix


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"text": "가" * 46, "type": "sms"}, "text"),
        ({"text": "가" * 1_001}, "text"),
        ({"text": "가", "title": "가" * 21}, "title"),
        ({"text": EMOJI * 500, "alphabet": "unicode"}, "text"),
    ],
)
def test_what_is_too_long_is_refused_as_that(content: dict[str, Any], field: str) -> None:
    """With the sizes, so that one knows how much to cut."""
    with pytest.raises(ContentTooLarge) as refused:
        read(**content)
    assert refused.value.field == f"content.sms.{field}"


def test_a_character_that_korea_lacks_is_named_with_a_way_round_it() -> None:
    """A dash of a word processor, an accent, and the alphabet for the rest."""
    with pytest.raises(InvalidInput) as refused:
        read(text="Café — 안내")
    message, fix = str(refused.value), refused.value.fix or ""
    assert "é" in message
    assert "'é' → 'e'" in fix
    assert "unicode" in fix
    assert read(text=EMOJI, alphabet="unicode").korean.unmappable == ("🙂",)


def test_letters_typed_apart_are_sent_together() -> None:
    """macOS writes Hangul as single letters: eleven characters become two syllables and a number."""
    assert read(text="\u1112\u1161\u11ab\u1100\u1173\u11af 1").text == "한글 1"


@pytest.mark.parametrize(
    "text",
    [
        AD,
        "(광고)할인 무료수신거부 0801234567",
        "(광고) 할인 [무료 수신거부] 080 123 4567",
        "(광고) 할인\n무료거부: 080-1234-5678\n",
    ],
)
def test_lawful_advertising_is_let_through(text: str) -> None:
    """It begins with (광고) and ends with the 080 number, written in any usual way."""
    assert read(text=text, advertising=True).advertising


def test_a_sender_is_kept_without_its_hyphens() -> None:
    """As the gateways want it."""
    assert read(text="안녕", sender="02-2345-6789").sender == "0223456789"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["text", "title", "sender", "type", "alphabet", "advertising"]) | st.text(max_size=5),
        json_values,
        max_size=6,
    )
)
def test_any_json_is_read_or_refused_with_field_and_fix(content: dict[str, Any]) -> None:
    """Never another error."""
    refusal: InvalidInput | None = None
    try:
        read(**content)
    except InvalidInput as error:
        refusal = error
    if refusal is not None:
        assert (refusal.field or "").startswith("content.sms")
        assert refusal.fix
