"""The quick way is Liquid: on random texts and values both ways give the same text, or the same refusal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.templating.engine import SLOWLY, by_liquid_alone, is_quick, rendered

NAMES = ("name", "이름", "user-name", "a", "b")
"""Few, so that placeholders often find something."""
CHARACTERS = st.characters(codec="utf-8", exclude_characters="\x00")
TRICKY = st.sampled_from(["", " ", "<b>&'\"", " <i> ", "홍길동", "{{ a }}", "now", "ß", "İ"])
SCALARS = st.one_of(
    TRICKY,
    st.text(CHARACTERS, max_size=12),
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.one_of(
    SCALARS,
    st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
        ),
        max_leaves=6,
    ),
)
VARIABLES = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, VALUES))
NESTED = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, SCALARS))
FLAT_VARIABLES = st.fixed_dictionaries(
    {"name": NESTED | SCALARS, "b": TRICKY},
    optional=dict.fromkeys(["a", "a.b", "a.b.name", "b.name", "name.a", "name.b"], SCALARS | NESTED),
)
PATHS = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(["a.b", "a.b.name", "b.name", "name.a", "name.b", "name.a.b"]),
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map(".".join),
)
LITERALS = st.one_of(
    st.sampled_from(["'고객'", '"<i>x</i>"', "''", "' '", "0", "7", "-1.5", "name"]),
    st.integers(-99, 99).map(str),
)
FILTERS = st.one_of(
    st.sampled_from(["upcase", "downcase", "capitalize", "strip"]),
    LITERALS.map(lambda one: f"default: {one}"),
)
BLANK = st.sampled_from(["", " ", "\n", "  "])


@st.composite
def placeholders(draw: st.DrawFn) -> str:
    """`{{- a.b | upcase | default: 'x' }}` and the like."""
    opening, closing = draw(st.sampled_from(["{{", "{{-"])), draw(st.sampled_from(["}}", "-}}"]))
    chain = "".join(f" | {one}" for one in draw(st.just([]) | st.lists(FILTERS, max_size=3)))
    return f"{opening}{draw(BLANK)}{draw(PATHS)}{chain} {closing}"


TEXTS = st.text(CHARACTERS, max_size=10).map(lambda text: text.replace("{", "(").replace("}", ")"))
SOURCES = st.lists(
    st.one_of(
        TEXTS,
        placeholders(),
        st.sampled_from(
            ["{% raw %}{{ a }}{% endraw %}", "{% comment %}{{ a }}{% endcomment %}", "{% # x %}"]
        ),
    ),
    min_size=1,
    max_size=6,
).map("".join)


@settings(max_examples=400, deadline=None)
@given(SOURCES, VARIABLES, st.booleans())
def test_random_texts_render_as_python_liquid_renders_them(
    source: str, variables: dict[str, Any], html: bool
) -> None:
    """Without dotted keys, which Liquid does not know, python-liquid alone is the judge."""
    assert rendered(source, variables, html=html) == by_liquid_alone(source, variables, html=html)


@settings(max_examples=400, deadline=None)
@given(SOURCES, FLAT_VARIABLES, st.booleans(), st.booleans())
def test_both_ways_agree_on_dotted_keys_and_on_strictness(
    source: str, variables: dict[str, Any], html: bool, strict: bool
) -> None:
    """The same text on the quick way, and through python-liquid with our context."""
    slowly = rendered(SLOWLY + source, variables, html=html, strict=strict)
    assert rendered(source, variables, html=html, strict=strict) == slowly


@pytest.mark.parametrize(
    "source",
    [
        "{{ name }}",
        "안녕 {{ a.b.c | upcase | default: 'x' }}!",
        "{% comment %}x{% endcomment %}{{ name }}",
        "{% raw %}{{{% endraw %}{{ a | strip }}",
        "{{ a | default: 3 }}",
        "{% echo a %}",
    ],
)
def test_plain_placeholders_take_the_quick_way(source: str) -> None:
    """Names, chains of names, and the few filters that were proved."""
    assert is_quick(source)


@pytest.mark.parametrize(
    "source",
    [
        "{% if a %}{{ a }}{% endif %}",
        "{{ a | date: '%Y' }}",
        "{{ a[0] }}",
        "{{ a[b] }}",
        "{{ a.size }}",
        "{{ a | default: b }}",
        "{{ a | default: 'x', allow_false: true }}",
        "{{ 'literal' }}",
        "{% assign a = 1 %}{{ a }}",
        SLOWLY + "{{ a }}",
    ],
)
def test_everything_else_is_left_to_python_liquid(source: str) -> None:
    """What is not proved is not taken."""
    assert not is_quick(source)
