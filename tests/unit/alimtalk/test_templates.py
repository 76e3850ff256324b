"""AlimTalk templates: what may be filled in, what is refused and why, and what Kakao would send back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alimtalk.buttons import Button, read_buttons
from domain.alimtalk.template import KakaoTemplate, TemplateStatus, Wording, check_wording
from domain.shared.errors import ContentTooLarge, InvalidInput

TEXT = "#{name}님, 주문 #{no}이 출발했습니다."
TRACK = Button("WL", "배송 조회", link_mo="https://shop.kr/#{no}", link_pc="https://shop.kr/pc/#{no}")


def template(**wording: Any) -> KakaoTemplate:
    """An approved template."""
    given_ = {"text": TEXT, "buttons": (TRACK,), **wording}
    return KakaoTemplate(uuid4(), "solapi", "ORDER01", "주문", TemplateStatus.APPROVED, Wording(**given_))


def test_variables_are_filled_in_wherever_they_stand() -> None:
    """In the text, the title and the links; numbers are written out."""
    read = template(title="#{no}", emphasis="TEXT").fill({"name": "홍길동", "no": 1042}, field="content")
    assert read.text == "홍길동님, 주문 1042이 출발했습니다."
    assert read.title == "1042"
    assert read.buttons[0].link_pc == "https://shop.kr/pc/1042"


@pytest.mark.parametrize(
    ("variables", "field"),
    [
        ({"name": "홍"}, "content.variables.no"),
        ({"name": "홍", "no": 1, "extra": "x"}, "content.variables.extra"),
        ({"name": "홍", "no": ""}, "content.variables.no"),
        ({"name": "홍", "no": "  "}, "content.variables.no"),
        ({"name": "홍", "no": None}, "content.variables.no"),
        ({"name": "홍", "no": True}, "content.variables.no"),
        ({"name": "홍", "no": ["x"]}, "content.variables.no"),
        ({"name": "#{no}", "no": 1}, "content.variables.name"),
        ({"name": "홍\x00", "no": 1}, "content.variables.name"),
        ({"Name": "홍", "no": 1}, "content.variables.name"),
    ],
)
def test_a_mismatch_names_the_variable(variables: dict[str, Any], field: str) -> None:
    """Missing, unknown, empty, of the wrong type: each with what to do."""
    with pytest.raises(InvalidInput) as refusal:
        template().fill(variables, field="content")
    assert refusal.value.field == field
    assert refusal.value.fix


@pytest.mark.parametrize(
    ("wording", "value"),
    [
        ({}, "가" * 990),
        ({"message_type": "AD"}, "가" * 950),
        ({"emphasis": "IMAGE"}, "가" * 690),
        ({"message_type": "EX", "extra": "나" * 100}, "가" * 890),
        ({"title": "#{name}", "emphasis": "TEXT"}, "가" * 51),
        ({"header": "#{name}"}, "가" * 17),
        (
            {"text": "짧음 #{name} #{no}", "buttons": (attrs.evolve(TRACK, link_mo="https://a.kr/#{name}"),)},
            "a" * 495,
        ),
    ],
)
def test_what_is_too_long_once_it_is_filled_in_is_refused(wording: dict[str, Any], value: str) -> None:
    """1,000 characters, 700 beside a picture, less what Kakao and the template add; titles 50, headers 16, links 500."""
    with pytest.raises(ContentTooLarge):
        template(**wording).fill({"name": value, "no": 1}, field="content")


def test_given_buttons_must_be_the_templates() -> None:
    """Filled in, in order; anything else costs money at the gateway."""
    values = {"name": "홍", "no": 7}
    same = Button("WL", "배송 조회", link_mo="https://shop.kr/7")
    template().fill(values, field="content", buttons=(same,))
    for wrong, field in [
        ((attrs.evolve(same, name="보기"),), "content.buttons[0].name"),
        ((attrs.evolve(same, type="AL"),), "content.buttons[0].type"),
        ((attrs.evolve(same, link_mo="https://shop.kr/8"),), "content.buttons[0].link_mo"),
        ((same, same), "content.buttons"),
    ]:
        with pytest.raises(InvalidInput) as refusal:
            template().fill(values, field="content", buttons=wrong)
        assert refusal.value.field == field


@given(
    st.text(
        alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\x00#"),
        min_size=1,
        max_size=50,
    )
)
def test_a_filled_text_is_the_template_but_for_its_variables(value: str) -> None:
    """Whatever a variable holds, what surrounds it stays word for word."""
    if not value.strip():
        return
    read = template().fill({"name": value, "no": "7"}, field="content")
    assert read.text == f"{value}님, 주문 7이 출발했습니다."


def test_wordings_are_told_apart_by_their_hash() -> None:
    """A changed letter or button is another template for Kakao."""
    one = Wording(TEXT, buttons=(TRACK,))
    assert one.hash == Wording(TEXT, buttons=(TRACK,)).hash
    assert len({one.hash, Wording(TEXT).hash, Wording(TEXT + " ", buttons=(TRACK,)).hash}) == 3


@pytest.mark.parametrize(
    "wording",
    [
        Wording(TEXT, buttons=(TRACK,)),
        Wording("제목 있음", title="배송", subtitle="출발", emphasis="TEXT"),
        Wording("덧붙임", message_type="EX", extra="문의 1588-1234"),
        Wording("채널", message_type="AD", buttons=(Button("AC", "채널 추가"), TRACK)),
        Wording("전화", buttons=(Button("TN", "전화 연결", tel="1588-1234"),)),
    ],
)
def test_good_wordings_are_let_through(wording: Wording) -> None:
    """Each message type and emphasis that can be registered here."""
    check_wording(wording)


@pytest.mark.parametrize(
    ("wording", "field"),
    [
        (Wording(""), "text"),
        (Wording("가" * 1001), "text"),
        (Wording("#{a.b}"), "text"),
        (Wording("#{}"), "text"),
        (Wording("".join(f"#{{v{n}}}" for n in range(41))), "text"),
        (Wording("글", title="제목"), "title"),
        (Wording("글", emphasis="TEXT"), "title"),
        (Wording("글", emphasis="IMAGE"), "emphasis"),
        (Wording("글", title="가" * 51, emphasis="TEXT"), "title"),
        (Wording("글", header="가" * 17), "header"),
        (Wording("글", message_type="XX"), "message_type"),
        (Wording("#{name}님 #{no"), "text"),
        (Wording("글 #{{no}}"), "text"),
        (Wording("글", title="#{no", emphasis="TEXT"), "title"),
        (Wording("글", message_type="EX"), "extra"),
        (Wording("글", extra="덧붙임"), "extra"),
        (Wording("글", message_type="AD"), "buttons"),
        (Wording("글", buttons=(Button("AC", "채널 추가"),)), "buttons"),
        (Wording("글", message_type="AD", buttons=(TRACK, Button("AC", "채널 추가"))), "buttons"),
        (Wording("글", buttons=(Button("WL", "보기"),)), "buttons[0].link_mo"),
        (Wording("글", buttons=(Button("AL", "앱", scheme_ios="app://x"),)), "buttons[0].scheme_ios"),
        (Wording("글", buttons=(Button("TN", "전화 연결", tel="전화"),)), "buttons[0].tel"),
        (Wording("글", buttons=(Button("TN", "우리", tel="1588-1234"),)), "buttons[0].name"),
        (Wording("글", buttons=(Button("ZZ", "보기"),)), "buttons[0].type"),
    ],
)
def test_what_kakao_would_send_back_is_refused_by_field(wording: Wording, field: str) -> None:
    """Two working days earlier than the review would."""
    with pytest.raises(InvalidInput) as refusal:
        check_wording(wording)
    assert refusal.value.field == field
    assert refusal.value.fix


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ("x", "b"),
        ([1], "b[0]"),
        ([{"type": "WL", "name": "보기", "link_mo": "https://a.kr"}] * 6, "b"),
        ([{"type": "WL", "name": "보기", "link_mo": "ftp://a.kr"}], "b[0].link_mo"),
        ([{"type": "WL", "name": "가" * 15, "link_mo": "https://a.kr"}], "b[0].name"),
        ([{"type": "DS", "name": "#{name}"}], "b[0].name"),
        ([{"type": "DS", "name": "조회", "color": "red"}], "b[0].color"),
        ([{"type": "DS", "name": 7}], "b[0].name"),
        ([{"type": "AC", "name": "추가"}], "b[0].name"),
    ],
)
def test_buttons_that_are_none_are_refused_by_field(value: Any, field: str) -> None:
    """Their place, their key, and what to send."""
    with pytest.raises(InvalidInput) as refusal:
        read_buttons(value, field="b")
    assert refusal.value.field == field


def test_buttons_survive_the_wire() -> None:
    """What is written is read again; what is empty is left out."""
    found = read_buttons([TRACK.to_json(), {"type": "DS", "name": "조회", "tel": None}], field="b")
    assert found == (TRACK, Button("DS", "조회"))
    assert read_buttons(None, field="b") == ()
