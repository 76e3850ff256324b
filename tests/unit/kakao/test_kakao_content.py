"""What an AlimTalk names is checked where no template is known yet: each refusal names the key."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.channels.kakao.content import read_kakao_content
from domain.alimtalk.buttons import Button
from domain.shared.errors import InvalidInput

BUTTON = {"type": "WL", "name": "배송 조회", "link_mo": "https://shop.kr/1042"}


def read(**content: Any) -> Any:
    """As it stands under content.kakao_talk."""
    return read_kakao_content(content, field="content.kakao_talk")


def test_a_template_its_variables_and_buttons_are_read() -> None:
    """Null counts as absent."""
    found = read(template_code="ORDER01", variables={"name": "홍", "no": 7}, buttons=[BUTTON])
    assert found.template_code == "ORDER01"
    assert found.variables == {"name": "홍", "no": 7}
    assert found.buttons == (Button("WL", "배송 조회", link_mo="https://shop.kr/1042"),)
    plain = read(template_code="ORDER01", variables=None, buttons=None)
    assert (dict(plain.variables), plain.buttons) == ({}, ())


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({}, "template_code"),
        ({"template_code": ""}, "template_code"),
        ({"template_code": 7}, "template_code"),
        ({"template_code": "주문"}, "template_code"),
        ({"template_code": "x" * 51}, "template_code"),
        ({"template_code": "A", "text": "안녕"}, "text"),
        ({"template_code": "A", "variables": []}, "variables"),
        ({"template_code": "A", "variables": {"a": {}}}, "variables.a"),
        ({"template_code": "A", "buttons": {}}, "buttons"),
        ({"template_code": "A", "buttons": [{"type": "XX"}]}, "buttons[0].type"),
    ],
)
def test_what_is_no_alimtalk_is_refused_by_key(content: dict[str, Any], field: str) -> None:
    """Each with something to do."""
    with pytest.raises(InvalidInput) as refused:
        read(**content)
    assert refused.value.field == f"content.kakao_talk.{field}"
    assert refused.value.fix


def test_a_fallback_belongs_to_the_message() -> None:
    """It is not quietly dropped: the refusal says where to write it."""
    with pytest.raises(InvalidInput) as refused:
        read(template_code="ORDER01", fallback={"text": "안녕"})
    assert "content.sms" in (refused.value.fix or "")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(["template_code", "variables", "buttons", "fallback"]) | st.text(max_size=5),
        json_values,
        max_size=4,
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
        assert (refusal.field or "").startswith("content.kakao_talk")
        assert refusal.fix
