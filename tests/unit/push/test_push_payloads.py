"""The bytes that go to APNs and FCM: exact documents, exact sizes, and nothing that can break out of its gap."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.push.apns.payload import ApnsPayload, apns_payload
from adapters.channels.push.apns.route import prepare as prepare_apns
from adapters.channels.push.content import read_push_content
from adapters.channels.push.fcm.body import fcm_body
from adapters.channels.push.fcm.route import prepare as prepare_fcm
from domain.messaging.content import Body
from domain.messaging.outcome import Rejected

MID = UUID("0D0C0000-0000-4000-8000-0000000000AB")
TEXT = "0d0c0000-0000-4000-8000-0000000000ab"


def apns(content: Body) -> dict[str, Any]:
    """The APNs payload of a content, read back."""
    payload = apns_payload(read_push_content(content, field="content"))
    raw = payload.bytes_for(str(MID).encode())
    assert len(raw) == payload.size
    return dict(json.loads(raw))


def fcm(content: Body, token: str = "cXy:APA91", ttl: int | None = 3600) -> dict[str, Any]:
    """The FCM message of a content, read back; the counted size must be the documented one."""
    body = fcm_body(read_push_content(content, field="content"))
    document = json.loads(body.bytes_for(token.encode(), str(MID).encode(), ttl))
    assert list(document) == ["message"]
    message = dict(document["message"])
    counted = 0
    for part in (message.get("notification", {}), message["data"]):
        counted += sum(len(key.encode()) + len(value.encode()) for key, value in part.items())
    assert body.size == counted
    return message


FULL: Body = {
    "title": "배송 시작",
    "subtitle": "주문",
    "body": "주문 1042가 출발했습니다",
    "image": "https://cdn.example/1.png",
    "link": "app://orders/1042",
    "data": {"order": "1042", "nested": {"a": [1, 2.5, None, True]}, "n": 3, "yes": True},
    "badge": 3,
    "sound": "default",
    "thread_id": "orders",
    "category": "ORDER",
    "channel_id": "orders",
    "interruption_level": "active",
    "content_available": True,
}


def test_the_apns_payload_is_the_documented_one() -> None:
    """`aps`, our keys with the message id twice, and the content's data untouched at the top level."""
    assert apns(FULL) == {
        "aps": {
            "alert": {"title": "배송 시작", "subtitle": "주문", "body": "주문 1042가 출발했습니다"},
            "mutable-content": 1,
            "badge": 3,
            "sound": "default",
            "thread-id": "orders",
            "category": "ORDER",
            "interruption-level": "active",
            "content-available": 1,
        },
        "order": "1042",
        "nested": {"a": [1, 2.5, None, True]},
        "n": 3,
        "yes": True,
        "fcm_options": {"image": "https://cdn.example/1.png"},
        "gcm.message_id": TEXT,
        "as_v": "1",
        "as_mid": TEXT,
        "as_rcpt": "1",
        "as_link": "app://orders/1042",
    }


def test_the_fcm_message_is_the_documented_one() -> None:
    """Data values are strings: strings as they are, everything else compact JSON."""
    assert fcm(FULL) == {
        "token": "cXy:APA91",
        "notification": {
            "title": "배송 시작",
            "body": "주문 1042가 출발했습니다",
            "image": "https://cdn.example/1.png",
        },
        "data": {
            "order": "1042",
            "nested": '{"a":[1,2.5,null,true]}',
            "n": "3",
            "yes": "true",
            "as_v": "1",
            "as_mid": TEXT,
            "as_rcpt": "1",
            "as_link": "app://orders/1042",
        },
        "android": {
            "priority": "HIGH",
            "ttl": "3600s",
            "notification": {
                "channel_id": "orders",
                "sound": "default",
                "notification_count": 3,
                "tag": TEXT,
            },
        },
    }


def test_a_push_with_data_only_is_silent_on_both() -> None:
    """APNs: background, priority 5, content-available. FCM: no notification."""
    content: Body = {"data": {"sync": "1"}}
    payload = apns_payload(read_push_content(content, field="content"))
    assert (payload.push_type, payload.priority) == ("background", "5")
    assert apns(content)["aps"] == {"content-available": 1}
    message = fcm(content, ttl=None)
    assert "notification" not in message
    assert message["android"] == {"priority": "HIGH"}


@pytest.mark.parametrize(
    ("content", "push_type", "priority"),
    [
        ({"title": "a"}, "alert", "10"),
        ({"title": "a", "priority": "normal"}, "alert", "5"),
        ({"badge": 0, "data": {"a": "b"}}, "alert", "10"),
        ({"data": {"a": "b"}, "priority": "high"}, "background", "5"),
    ],
)
def test_push_type_and_priority_fit_the_content(content: Body, push_type: str, priority: str) -> None:
    """Background pushes must have priority 5 (Apple)."""
    payload = apns_payload(read_push_content(content, field="content"))
    assert (payload.push_type, payload.priority) == (push_type, priority)


def test_mutable_content_can_be_declined() -> None:
    """Without it the service extension is not asked, so no receipt comes from it."""
    assert "mutable-content" not in apns({"title": "a", "mutable_content": False})["aps"]


def test_a_collapse_id_replaces_the_message_id_as_tag() -> None:
    """On Android it is what replaces on the screen."""
    message = fcm({"title": "a", "collapse_id": "score-1"})
    assert message["android"]["notification"]["tag"] == "score-1"
    assert message["data"]["as_mid"] == TEXT


@pytest.mark.parametrize(("ttl", "text"), [(-5, "0s"), (0, "0s"), (60, "60s"), (9_999_999, "2419200s")])
def test_the_time_to_live_stays_within_googles_bounds(ttl: int, text: str) -> None:
    """0s to 2419200s."""
    assert fcm({"title": "a"}, ttl=ttl)["android"]["ttl"] == text


def test_without_an_expiry_google_decides_the_time_to_live() -> None:
    """No ttl at all."""
    assert "ttl" not in fcm({"title": "a"}, ttl=None)["android"]


def test_4096_bytes_are_sent_and_4097_are_not() -> None:
    """Counted exactly, in UTF-8, before anything is sent; nobody is to blame."""
    for prepare in (prepare_apns, prepare_fcm):
        room = 4096 - prepare({"title": "", "body": "x"}).size + 1  # type: ignore[union-attr]
        fits = prepare({"body": "x" * room})
        assert not isinstance(fits, Rejected)
        assert fits.size == 4096
        over = prepare({"body": "x" * (room + 1)})
        assert isinstance(over, Rejected)
        assert (over.reason, over.bug, over.subscription_code) == ("PayloadTooLarge", False, None)
        korean = prepare({"body": "가" * (room // 3 + 1)})
        assert isinstance(korean, Rejected), "three bytes a syllable"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
contents = st.fixed_dictionaries(
    {"title": texts, "body": texts},
    optional={
        "data": st.dictionaries(
            st.text(min_size=1, max_size=8).map(lambda key: f"k{key}"), json_values, max_size=4
        ),
        "link": texts,
        "badge": st.integers(0, 99),
        "sound": texts,
        "channel_id": texts,
        "collapse_id": st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64),
    },
)
fcm_tokens = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='"\\'), min_size=1, max_size=200
)


@given(contents)
def test_any_content_makes_a_sound_apns_payload_of_the_stated_size(content: dict[str, Any]) -> None:
    """Splicing bytes never breaks the JSON, and data and texts come out as they went in."""
    document = apns(content)
    assert document["as_mid"] == document["gcm.message_id"] == TEXT
    for key, value in content.get("data", {}).items():
        assert document[key] == value
    alert = document["aps"].get("alert", {})
    assert alert.get("title", "") == content["title"]


@given(contents, fcm_tokens)
def test_any_content_and_token_make_a_sound_fcm_message(content: dict[str, Any], token: str) -> None:
    """Every data value is a string, the token is the token."""
    message = fcm(content, token=token)
    assert message["token"] == token
    assert all(isinstance(value, str) for value in message["data"].values())
    for key, value in content.get("data", {}).items():
        assert message["data"][key] == value or json.loads(message["data"][key]) == value


def test_a_payload_is_serialised_once_and_differs_only_in_the_message_id() -> None:
    """Two messages of one content share all other bytes."""
    payload = prepare_apns({"title": "a"})
    assert isinstance(payload, ApnsPayload)
    one, two = uuid4(), uuid4()
    first = payload.bytes_for(str(one).encode())
    assert first.replace(str(one).encode(), str(two).encode()) == payload.bytes_for(str(two).encode())


def test_content_that_does_not_fit_the_model_is_our_bug_not_the_recipients() -> None:
    """It passed accept, so it should have fitted."""
    for prepare in (prepare_apns, prepare_fcm):
        rejected = prepare({"title": "a", "colour": "red"})
        assert isinstance(rejected, Rejected)
        assert rejected.bug
        assert rejected.details == {"field": "content.colour"}
