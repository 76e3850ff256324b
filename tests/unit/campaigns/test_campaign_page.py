"""The page on campaigns tells the truth: its picture is the transition table, its recipes can be sent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from domain.campaigns.decision import Exclusion
from domain.campaigns.lifecycle import TRANSITIONS
from domain.campaigns.plan_json import plan_from_json
from tests.unit.campaigns.moments import at

PAGE = (Path(__file__).parents[3] / "docs" / "campaigns.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```json\n(.+?)\n```", PAGE, re.DOTALL)
PLANS = [
    text
    for block in BLOCKS
    for text in re.findall(r"^\{.*?\}$", block, re.MULTILINE | re.DOTALL)
    if '"name"' in text
]
SEGMENT = "01890000-0000-7000-8000-000000000000"


def test_the_picture_is_the_transition_table() -> None:
    """Every arrow is in the table, and every line of the table is an arrow."""
    arrows = re.findall(r"^ +(\w+) --> (\w+): ([\w /]+)$", PAGE, re.MULTILINE)
    drawn = {(source, event, to) for source, to, events in arrows for event in events.split(" / ")}
    assert drawn == {(source.wire, event.wire, to.wire) for (source, event), to in TRANSITIONS.items()}


@pytest.mark.parametrize("text", PLANS)
def test_every_recipe_on_the_page_is_a_plan(text: str) -> None:
    given: dict[str, Any] = json.loads(text.replace("<segment id>", SEGMENT).replace('"…"', f'"{SEGMENT}"'))
    assert plan_from_json(given, now=at("2026-12-01T00:00Z")).name == given["name"]


def test_there_are_recipes() -> None:
    assert len(PLANS) >= 3


@pytest.mark.parametrize("reason", Exclusion, ids=str)
def test_every_reason_for_an_exclusion_is_on_the_page(reason: str) -> None:
    assert f"`{reason}`" in PAGE
