"""docs/segments.md tells what the code does: its tables are the catalogue, its JSON is taken."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from domain.audience.segment.fields import Field, Operator, operators_of
from domain.audience.segment.parse import MAX_DEPTH, MAX_NODES, parse_predicate
from domain.audience.segment.targeting import parse_targeting

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "segments.md").read_text(encoding="utf-8")
ID = "01890000-0000-7000-8000-000000000000"


def code(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_the_table_of_fields_is_the_codes() -> None:
    """Every field with its operators, in the code's order of operators."""
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (`[^|]+`) \|$", PAGE, re.MULTILINE)
    documented = {field: code(operators) for field, operators in rows if field in set(Field)}
    assert documented == {field.value: [one.value for one in operators_of(field)] for field in Field}


def test_the_table_of_operators_has_every_operator_once() -> None:
    """And no other."""
    section = PAGE.partition("## Operators")[2].partition("## ")[0]
    rows = re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE)
    assert sorted(one for row in rows for one in code(row)) == sorted(one.value for one in Operator)


def test_limits_are_the_codes() -> None:
    """As the page says them."""
    assert f"{MAX_DEPTH} levels of groups, {MAX_NODES} conditions" in PAGE


RECIPES = re.findall(r"^\| ([^|]+) \| `(\{.+\})` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("recipe", [one[1] for one in RECIPES], ids=[one[0] for one in RECIPES])
def test_every_recipe_is_a_predicate(recipe: str) -> None:
    """It can be pasted, but for ids."""
    parse_predicate(json.loads(recipe.replace("<id>", ID)))


def test_every_example_is_taken() -> None:
    """Predicates as predicates, criteria as criteria."""
    blocks = [
        json.loads(one)
        for one in re.findall(r"```json\n(.+?)```", re.sub(r"<id [^>]+>", ID, PAGE), re.DOTALL)
    ]
    assert len(RECIPES) >= 10
    assert len(blocks) == 3
    for block in blocks:
        if "include" in block:
            parse_targeting(block)
        else:
            parse_predicate(block)
