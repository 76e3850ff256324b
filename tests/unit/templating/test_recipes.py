"""The recipes of docs/templates.md show what the page says they show."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from adapters.templating import limits
from adapters.templating.scanning import REFUSED, TAGS
from tests.unit.templating.engine import rendered

PAGE = (Path(__file__).parents[3] / "docs" / "templates.md").read_text(encoding="utf-8")
RECIPES = [
    (template.rstrip("\n"), values, text)
    for template, shown in re.findall(
        r"^```liquid\n(.*?)^```\n\n(with [^\n]*)$", PAGE, re.MULTILINE | re.DOTALL
    )
    for values, text in re.findall(r"with `([^`]*)` → `([^`]*)`", shown)
]


@pytest.mark.parametrize(("template", "values", "text"), RECIPES)
def test_a_recipe_shows_what_the_page_says(template: str, values: str, text: str) -> None:
    """Copied from the page, rendered by the engine."""
    assert rendered(template, json.loads(values)) == text


def test_there_are_recipes() -> None:
    """Every block of Liquid on the page is one."""
    assert len(RECIPES) >= 10
    assert len({template for template, _, _ in RECIPES}) == PAGE.count("```liquid")


def test_the_page_names_every_tag_and_every_limit() -> None:
    """What is allowed, what is not, and how much."""
    named = set(re.findall(r"`([a-z#]+)`", PAGE))
    assert named >= TAGS
    assert named >= set(REFUSED)
    numbers = {int(one.replace(",", "")) for one in re.findall(r"\d[\d,]*", PAGE)}
    assert {
        limits.MAX_SOURCE,
        limits.MAX_OUTPUT,
        limits.MAX_MARKERS,
        limits.MAX_CODE,
        limits.MAX_EXPRESSION,
        limits.MAX_GROUPS,
        limits.MAX_BLANKS,
        limits.MAX_DEPTH,
        limits.MAX_PATH,
        limits.MAX_WHEN,
        limits.MAX_LOOP,
        limits.MAX_VALUE,
        limits.MAX_ITEMS,
        limits.BUDGET,
    } <= numbers
