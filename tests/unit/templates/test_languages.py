"""Whose language is found: the device's, its shorter forms, English, the default."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shared.errors import InvalidInput
from domain.templates.languages import canonical, check_language, fallbacks


@pytest.mark.parametrize(
    ("given_tag", "tag"),
    [
        ("ko", "ko"),
        ("KO_kr", "ko-KR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("pt-BR", "pt-BR"),
        ("iw-IL", "he-IL"),
        ("in", "id"),
        ("es-419", "es-419"),
    ],
)
def test_tags_have_one_form(given_tag: str, tag: str) -> None:
    """Whatever the platform writes."""
    assert canonical(given_tag) == tag


@pytest.mark.parametrize("text", ["", "k", "korean!", "ko--KR", "ko-", "한국어", "en;q=1", "a" * 40, "ko KR"])
def test_what_is_no_tag_is_none(text: str) -> None:
    """A device may report anything; an author is told."""
    assert canonical(text) is None
    with pytest.raises(InvalidInput) as refused:
        check_language(text, field="languages.x")
    assert refused.value.field == "languages.x"


@pytest.mark.parametrize(
    ("language", "default", "order"),
    [
        ("ko-KR", "ja", ("ko-KR", "ko", "en", "ja")),
        ("ko", "ko", ("ko", "en")),
        ("zh-Hant-TW", "ko", ("zh-Hant-TW", "zh-Hant", "zh", "en", "ko")),
        ("en-US", "ko", ("en-US", "en", "ko")),
        (None, "ko", ("en", "ko")),
        ("nonsense!", "ko", ("en", "ko")),
        ("fr", "en", ("fr", "en")),
    ],
)
def test_languages_are_tried_in_order(language: str | None, default: str, order: tuple[str, ...]) -> None:
    """The default comes last, and everything once."""
    assert fallbacks(language, default) == order


@given(st.text(max_size=20))
def test_the_default_is_always_reached(language: str) -> None:
    """Whatever a device reports."""
    assert fallbacks(language, "ko")[-1] in ("ko", "en")
    assert "ko" in fallbacks(language, "ko")


@given(st.from_regex(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", fullmatch=True))
def test_the_one_form_is_its_own_form(tag: str) -> None:
    """Bringing a tag to its form twice changes nothing."""
    once = canonical(tag)
    assert once is not None
    assert canonical(once) in (once, None)
