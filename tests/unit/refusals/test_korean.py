"""English messages become Korean ones with the same values in them; what nobody translated stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.registry import channel_plugins
from application.templates.rendering import problem_of
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from entrypoints.refusals.korean import LONGEST, catalogue, entries, in_korean, spoken
from entrypoints.refusals.pattern import PHRASE, Pattern

PATTERNS = [Pattern.read(message, korean) for message, korean in entries().items()]
PLAIN = [one for one in PATTERNS if not one.names and len(one.literals[0]) > 3]
VALUES = st.from_regex(r"[A-Za-z가-힣][A-Za-z0-9_가-힣]{0,12}|[0-9]{1,6}|'[a-z가-힣]{1,10}'", fullmatch=True)


@st.composite
def _filled(draw: st.DrawFn) -> tuple[str, str]:
    """(English message, Korean text) of an entry with values; phrases are entries themselves."""
    pattern = draw(st.sampled_from(PATTERNS))
    english, korean = {}, {}
    for name in pattern.names:
        if name.startswith(PHRASE):
            phrase = draw(st.sampled_from(PLAIN))
            english[name], korean[name] = phrase.literals[0], in_korean(phrase.literals[0])
        else:
            english[name] = korean[name] = draw(VALUES)
    message = "".join(
        literal + value
        for literal, value in zip(
            pattern.literals, [*(english[name] for name in pattern.names), ""], strict=True
        )
    )
    return message, pattern.korean.format_map(korean)


@given(_filled())
def test_what_is_filled_in_is_found_again(case: tuple[str, str]) -> None:
    """For every entry: the message that the code would build is matched, and its values stand in the Korean text."""
    message, korean = case
    assert in_korean(message) == korean


def test_every_entry_is_found_with_simple_values() -> None:
    """Not one of them is hidden behind another; the property test above draws what stands in their places."""
    lost = []
    for pattern in PATTERNS:
        if any(name.startswith(PHRASE) for name in pattern.names):
            continue
        values = {name: f"v{place}" for place, name in enumerate(pattern.names)}
        message = "".join(
            literal + value for literal, value in zip(pattern.literals, [*values.values(), ""], strict=True)
        )
        if in_korean(message) != pattern.korean.format_map(values):
            lost.append(message)
    assert not lost


@pytest.mark.parametrize(
    "message",
    [
        "the frobnicator is unhappy with you",
        "use whatever another channel's author wrote",
        "use",
        "",
        "{field} {0} {",
        "a has b has " * 200,
        "x" * (LONGEST + 1),
        f"{'x' * LONGEST} is missing",
    ],
)
def test_what_nobody_translated_stays_english(message: str) -> None:
    """Whatever it holds and however long it is."""
    assert in_korean(message) == message


def test_a_message_around_a_message_is_translated_within() -> None:
    """What a template's field says of its source, and what a field's purpose is."""
    inside = "title_template: {% if %} is never closed (line 1, column 9)"
    assert in_korean(inside) == "title_template: {% if %}가 닫히지 않았습니다(1행 9열)"
    assert in_korean("give the Auth Token, which signs Twilio's callbacks").startswith("입력하세요: Twilio의")
    assert in_korean("no_such_field: no such words") == "no_such_field: no such words"


def test_a_refusal_of_the_domain_is_told_in_korean() -> None:
    """With the caller's own value in it; other languages get the English one."""
    with pytest.raises(ValueError, match="fax") as refused:
        Channel.from_wire("fax")
    told = problem_of(InvalidInput(str(refused.value))).detail
    assert spoken("ko")(told).startswith("'fax'은(는) 채널이 아닙니다. 다음 가운데 하나를 쓰세요: push")
    assert spoken("en")(told) == told


def test_the_purpose_of_every_credential_field_is_told_in_korean() -> None:
    """Of all channels that come with the product."""
    purposes = {
        field.purpose
        for plugin in channel_plugins()
        for provider in plugin.providers.values()
        for field in provider.settings
    }
    assert len(purposes) > 30
    assert [one for one in purposes if catalogue().find(one) is None] == []


@pytest.mark.parametrize(
    ("message", "korean"),
    [
        ("{field} is odd", "{place} 값이 이상합니다"),
        ("{field} is odd", "이상합니다"),
        ("{field}{key} is odd", "{field}{key} 값이 이상합니다"),
        ("{field} and {field} are odd", "{field} 값이 이상합니다"),
        ("{field!r} is odd", "{field} 값이 이상합니다"),
    ],
)
def test_an_entry_that_cannot_be_filled_is_refused(message: str, korean: str) -> None:
    """Its placeholders are plain names, the same ones in both languages, each once and apart from each other."""
    with pytest.raises(ValueError, match="placeholder"):
        Pattern.read(message, korean)
