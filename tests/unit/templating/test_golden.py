"""Liquid is Liquid: every case that the limits allow renders as python-liquid alone renders it."""

from __future__ import annotations

import re

import pytest

from adapters.templating.environment import MessageEnvironment
from tests.unit.templating.engine import by_liquid_alone, compiled, rendered
from tests.unit.templating.golden import ALL, SHOP


@pytest.mark.parametrize("source", ALL)
def test_text_renders_as_liquid_does(source: str) -> None:
    """In a push, nothing is escaped."""
    assert rendered(source, SHOP) == by_liquid_alone(source, SHOP)


@pytest.mark.parametrize("source", ALL)
def test_html_renders_as_liquid_with_escaping_does(source: str) -> None:
    """In an e-mail's HTML, values are escaped, the template's own text is not."""
    assert rendered(source, SHOP, html=True) == by_liquid_alone(source, SHOP, html=True)


@pytest.mark.parametrize("source", ALL)
def test_no_variables_at_all_render_as_liquid_does(source: str) -> None:
    """What is missing is empty, refused by both, or defaulted."""
    assert rendered(source, {}) == by_liquid_alone(source, {})


@pytest.mark.parametrize("source", ALL)
def test_only_the_named_variables_matter(source: str) -> None:
    """A message keeps nothing but what `names` lists, and renders the same from that."""
    body = compiled(source)
    kept = {name: value for name, value in SHOP.items() if name in body.names}
    assert rendered(source, kept) == rendered(source, SHOP)


def test_the_table_covers_every_tag_and_filter() -> None:
    """What is allowed is shown to work; number_with_delimiter is ours, and safe has a test of its own."""
    environment = MessageEnvironment(html=False, strict=False)
    everything = " ".join(ALL)
    assert {name for name in environment.filters if f"| {name}" not in everything} == {
        "number_with_delimiter",
        "safe",
    }
    tags = set(environment.tags) - {"illegal", "output", "content"}
    assert not {name for name in tags if not re.search(rf"{{%-? {name}", everything)}
