"""The page on scheduling shows what really can be sent."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from domain.campaigns.decision import Exclusion, Hold
from domain.campaigns.timing import MEMBERS, timing_from_json
from tests.unit.campaigns.moments import at

PAGE = (Path(__file__).parents[3] / "docs" / "scheduling.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"```json\n(.+?)\n```", PAGE, re.DOTALL)
NOW = at("2026-12-01T00:00Z")


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_on_the_page_is_accepted(recipe: str) -> None:
    """As the rules of a campaign, on the first of December 2026."""
    given = json.loads(recipe)
    assert (
        timing_from_json(given, now=NOW).to_json().items()
        >= {
            name: value for name, value in given.items() if name not in ("schedule", "frequency_caps")
        }.items()
    )


def test_the_recipes_show_every_rule() -> None:
    """What may be sent is on the page, with an example of each type of schedule."""
    shown = [json.loads(recipe) for recipe in RECIPES]
    assert {name for one in shown for name in one} | {"priority"} == set(MEMBERS)
    types = [one["schedule"]["type"] for one in shown if "schedule" in one]
    assert {"immediate", "scheduled", "recurring"} == set(types)


@pytest.mark.parametrize(
    "reason", [*Exclusion, *(one for one in Hold if one is not Hold.LOCAL_TIME)], ids=str
)
def test_every_reason_is_on_the_page(reason: str) -> None:
    """By the name that people will read."""
    assert f"`{reason}`" in PAGE
