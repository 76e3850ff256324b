"""What a push may say: refusals name the key and say how to mend it."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.channels.push import plugin
from adapters.channels.push.content import read_push_content
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import ContentTooLarge, InvalidInput

GOOD: dict[str, Any] = {"title": "a", "body": "b"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("colour", "red"),
        ("title", 5),
        ("body", ["a"]),
        ("subtitle", {}),
        ("image", "http://example.com/a.png"),
        ("image", "https://"),
        ("image", "https://exa mple.com/a.png"),
        ("image", "https://[oops/a.png"),
        ("image", "javascript:alert(1)"),
        ("link", 7),
        ("data", "text"),
        ("data", [1]),
        ("badge", -1),
        ("badge", True),
        ("badge", 1.5),
        ("badge", "1"),
        ("badge", 2**40),
        ("sound", {"name": "x"}),
        ("thread_id", 1),
        ("category", 1),
        ("channel_id", 1),
        ("priority", "urgent"),
        ("priority", 10),
        ("interruption_level", "loud"),
        ("collapse_id", "x" * 65),
        ("collapse_id", "a b"),
        ("collapse_id", "한글"),
        ("collapse_id", "a\r\nx-header: 1"),
        ("mutable_content", 1),
        ("content_available", "yes"),
    ],
)
def test_a_wrong_value_is_refused_by_name(key: str, value: Any) -> None:
    """The field is content.<key>, and there is a fix."""
    with pytest.raises(InvalidInput) as caught:
        plugin.check_content({**GOOD, key: value}, field="content")
    assert caught.value.field == f"content.{key}"
    assert caught.value.fix


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        {"data": {"a": {"b": [1]}}},
        {**GOOD, "badge": 0, "priority": "normal", "interruption_level": "time-sensitive"},
        {**GOOD, "image": "https://cdn.example.com:8443/a.png?x=1", "link": "app://x"},
        {**GOOD, "collapse_id": "x" * 64, "sound": None, "badge": None},
    ],
)
def test_what_the_providers_take_is_taken(content: dict[str, Any]) -> None:
    """Nulls count as absent."""
    plugin.check_content(content, field="content")


def test_a_payload_of_4097_bytes_is_refused_when_accepted() -> None:
    """With the platform's own keys and a message id counted in."""
    from adapters.channels.push.apns.payload import apns_payload

    spare = 4096 - apns_payload(read_push_content({"title": "t", "body": "x"}, field="c")).size
    plugin.check_content({"title": "t", "body": "x" * (1 + spare)}, field="content")
    with pytest.raises(ContentTooLarge) as caught:
        plugin.check_content({"title": "t", "body": "x" * (2 + spare)}, field="content")
    assert "4097" in caught.value.message


def test_data_that_grows_as_text_is_counted_as_fcm_counts_it() -> None:
    """Nested JSON as text is escaped on the way, but counted unescaped; many keys still add up."""
    with pytest.raises(ContentTooLarge):
        plugin.check_content({"title": "t", "data": {f"k{n}": "v" * 40 for n in range(95)}}, field="content")


def test_the_plugin_says_what_it_is() -> None:
    """Push, two providers, not billable."""
    assert plugin.channel is Channel.PUSH
    assert {name: tuple(provider.types) for name, provider in plugin.providers.items()} == {
        "apns": (SubscriptionType.IOS_PUSH,),
        "fcm": (SubscriptionType.ANDROID_PUSH,),
    }
    assert not any(provider.capabilities.claim_before_send for provider in plugin.providers.values())
