"""What a template version says: per channel, per language, and what cannot be saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.templates.source import MAX_BYTES, MAX_LANGUAGES, Source
from domain.templates.variant import Variant

KOREAN = Variant(
    title_template="안녕 {{ name }}", body_template="반가워요", channels={"sms": {"text": "문자"}}
)
ENGLISH = Variant(title_template="Hi {{ name }}")


def source(
    default: Variant = KOREAN,
    languages: Mapping[str, Variant] | None = None,
    *,
    default_language: str = "ko",
    strict: bool = False,
) -> Source:
    return Source.checked(
        default=default, languages=languages or {}, default_language=default_language, strict=strict
    )


def test_a_push_is_made_of_the_specifications_fields() -> None:
    """Title, body and data under their names; what else a push can hold stands under its channel."""
    variant = Variant(
        title_template="t",
        body_template="b",
        data_template={"k": 1},
        channels={"push": {"image": "https://example.com/a.png"}},
    )
    expected = {"image": "https://example.com/a.png", "title": "t", "body": "b", "data": {"k": 1}}
    assert variant.body(Channel.PUSH) == expected
    assert Variant(channels={"sms": {"text": "x"}}).body(Channel.PUSH) is None
    assert Variant(data_template={"k": 1}).body(Channel.PUSH) == {"data": {"k": 1}}


def test_other_channels_say_what_stands_under_them() -> None:
    """And nothing when nothing stands there."""
    assert KOREAN.body(Channel.SMS) == {"text": "문자"}
    assert KOREAN.body(Channel.EMAIL) is None
    assert set(KOREAN.bodies()) == {Channel.PUSH, Channel.SMS}


@pytest.mark.parametrize(
    ("channel", "language", "found"),
    [
        (Channel.PUSH, "ko-KR", "ko"),
        (Channel.PUSH, "en-GB", "en"),
        (Channel.PUSH, "fr", "en"),
        (Channel.PUSH, None, "en"),
        (Channel.SMS, "en-GB", "ko"),
        (Channel.SMS, "fr", "ko"),
        (Channel.PUSH, "ja-JP", "ja-JP"),
        (Channel.PUSH, "ja", "en"),
    ],
)
def test_the_language_is_found_per_channel(channel: Channel, language: str | None, found: str) -> None:
    """A language without the channel is passed over: no English SMS is written, so the Korean one is sent."""
    made = source(languages={"en": ENGLISH, "ja_jp": Variant(body_template="こんにちは")})
    choice = made.choose(channel, language)
    assert choice is not None
    assert choice.language == found
    assert choice.body == (KOREAN if found == "ko" else made.languages[found]).body(channel)


def test_a_channel_that_nobody_wrote_for_has_no_text() -> None:
    """Whoever sends decides what that means."""
    assert source().choose(Channel.EMAIL, "ko") is None


def test_every_body_is_listed_with_its_place() -> None:
    """For checks: the default first, then the languages."""
    made = source(languages={"en": ENGLISH})
    assert [(prefix, tag, channel) for prefix, tag, channel, _ in made.bodies()] == [
        ("", "ko", Channel.PUSH),
        ("", "ko", Channel.SMS),
        ("languages.en.", "en", Channel.PUSH),
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"default": Variant()}, "body_template"),
        ({"languages": {"en": Variant()}}, "languages.en"),
        ({"languages": {"ko": KOREAN}}, "languages.ko"),
        ({"languages": {"en": ENGLISH, "EN": ENGLISH}}, "languages.EN"),
        ({"languages": {"English": ENGLISH}}, "languages.English"),
        ({"default_language": "??"}, "default_language"),
        ({"default": Variant(channels={"fax": {"text": "x"}})}, "channels.fax"),
        ({"default": Variant(channels={"sms": {}})}, "channels.sms"),
        ({"default": Variant(channels={"push": {"title": "x"}})}, "channels.push.title"),
        ({"languages": {"en": Variant(channels={"push": {"body": "x"}})}}, "languages.en.channels.push.body"),
        ({"default": Variant(title_template="\x00")}, "title_template"),
        ({"default": Variant(data_template={"a": 2**60})}, "data_template.a"),
        ({"default": Variant(body_template="x" * MAX_BYTES)}, "body"),
        (
            {
                "languages": {
                    f"x{chr(97 + n // 26)}{chr(97 + n % 26)}": ENGLISH for n in range(MAX_LANGUAGES + 1)
                }
            },
            "languages",
        ),
    ],
)
def test_what_cannot_be_saved_is_named(wrong: dict[str, Any], field: str) -> None:
    """With the place and the fix."""
    with pytest.raises(InvalidInput) as refused:
        source(**wrong)
    assert refused.value.field == field
    assert refused.value.fix


def test_a_source_survives_the_way_through_json() -> None:
    """What is stored is what is read."""
    made = source(languages={"en": ENGLISH}, strict=True)
    stored: Any = made.to_json()
    again = Source(
        default=Variant.from_json(stored),
        languages={tag: Variant.from_json(one) for tag, one in stored["languages"].items()},
        default_language=stored["default_language"],
        strict=stored["strict"],
    )
    assert again == made
