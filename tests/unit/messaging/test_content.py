"""Content: what every channel refuses before anything is stored, always naming the field."""

from __future__ import annotations

from typing import Any

import pytest

from domain.messaging.content import MAX_CONTENT_BYTES, check_content
from domain.shared.channels import Channel
from domain.shared.errors import ContentTooLarge, InvalidInput


def _push(**fields: Any) -> dict[str, Any]:
    return {"title": "Hi", **fields}


def _nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"x": value}
    return value


@pytest.mark.parametrize(
    "body",
    [
        {"title": "Hi"},
        {"body": "안녕하세요 👋"},
        {"data": {"order": {"id": 7, "paid": True, "lines": [1, 2.5, None]}}},
        _push(data={"gc": 1, "as": 2, "messages": 3}),
        _push(data={"n": 2**53}),
    ],
)
def test_good_content_is_let_through(body: dict[str, Any]) -> None:
    check_content(Channel.PUSH, body, field="content.push")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "content.push"),
        ({"title": "", "body": ""}, "content.push"),
        ({"title": 5}, "content.push.title"),
        ({"body": ["x"]}, "content.push.body"),
        (_push(data="text"), "content.push.data"),
        (_push(data={"from": 1}), "content.push.data.from"),
        (_push(data={"aps": {}}), "content.push.data.aps"),
        (_push(data={"gcm.message_id": "1"}), "content.push.data.gcm.message_id"),
        (_push(data={"google.x": "1"}), "content.push.data.google.x"),
        (_push(data={"as_mid": "1"}), "content.push.data.as_mid"),
        (_push(title="a\x00b"), "content.push.title"),
        (_push(data={"k": ["ok", "a\x00"]}), "content.push.data.k[1]"),
        (_push(title="\ud800"), "content.push.title"),
        (_push(data={"n": 2**53 + 1}), "content.push.data.n"),
        (_push(data={"n": float("nan")}), "content.push.data.n"),
        (_push(data={"n": float("inf")}), "content.push.data.n"),
    ],
)
def test_what_cannot_be_carried_is_refused_by_name(body: dict[str, Any], field: str) -> None:
    """NUL, half surrogates, huge numbers, wrong types and reserved keys name exactly where they stand."""
    with pytest.raises(InvalidInput) as caught:
        check_content(Channel.PUSH, body, field="content.push")
    assert caught.value.field == field
    assert caught.value.fix


def test_deep_nesting_is_refused() -> None:
    """Sixteen levels below the field are the most."""
    with pytest.raises(InvalidInput, match="nested deeper"):
        check_content(Channel.PUSH, _push(data=_nested(40)), field="content.push")
    check_content(Channel.PUSH, _push(data=_nested(10)), field="content.push")


@pytest.mark.parametrize("channel", list(MAX_CONTENT_BYTES))
def test_every_channel_has_a_size_in_bytes(channel: Channel) -> None:
    """Exactly the limit passes, a byte more does not; Korean counts three bytes a syllable."""
    limit = MAX_CONTENT_BYTES[channel]
    overhead = len('{"body":""}')
    check_content(channel, {"body": "x" * (limit - overhead)}, field="content")
    with pytest.raises(ContentTooLarge) as caught:
        check_content(channel, {"body": "x" * (limit - overhead + 1)}, field="content")
    assert str(limit + 1) in caught.value.message
    with pytest.raises(ContentTooLarge):
        check_content(channel, {"body": "가" * (limit // 3)}, field="content")
