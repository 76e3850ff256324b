"""The pages tell the truth: links lead somewhere, settings and lifecycle are the code's, decisions have their form."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from bootstrap.settings import Settings
from docs.draw_lifecycle import page
from domain.messaging.lifecycle import TRANSITIONS
from tests.house.tree import ROOT, files, text

PAGES = [
    path for path in files() if path.suffix == ".md" and path.parts[0] not in {"sdk-flutter", "features"}
]
DECISIONS = sorted(path for path in PAGES if path.parts[:2] == ("docs", "decisions"))
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
MENTIONED = re.compile(
    r"(?:domain|application|adapters|entrypoints|bootstrap|tests|docs|deploy|migrations|requirements)/[\w./-]+"
)


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_relative_link_resolves(path: Path) -> None:
    """A link to a file of the repository leads to one."""
    targets = [one for one in LINK.findall(FENCE.sub("", text(path))) if "://" not in one and one[0] != "#"]
    missing = [one for one in targets if not (ROOT / path.parent / one.partition("#")[0]).exists()]
    assert not missing


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_file_that_is_named_exists(path: Path) -> None:
    """A path in code type is the path of something, so a page does not outlive a file it speaks of."""
    named = [
        one.rstrip("/") for code in CODE.findall(FENCE.sub("", text(path))) for one in MENTIONED.findall(code)
    ]
    missing = [one for one in named if "*" not in one and not (ROOT / one).exists() and one != "deploy/.env"]
    assert not missing


def test_the_lifecycle_page_is_drawn_from_the_table() -> None:
    """`python docs/draw_lifecycle.py` would change nothing."""
    shown = text(Path("docs/lifecycle.md"))
    assert page(shown) == shown
    arrows = re.findall(r"^ +(\w+) --> (\w+): ([\w /]+)$", shown, re.MULTILINE)
    drawn = {(source, event, to) for source, to, events in arrows for event in events.split(" / ")}
    assert drawn == {(source.wire, event.wire, to.wire) for (source, event), to in TRANSITIONS.items()}


def test_every_setting_is_on_the_page_with_its_default() -> None:
    """docs/settings.md lists the variables that the code reads, no other, with the defaults that it has."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", text(Path("docs/settings.md")), re.MULTILINE)
    documented = {name: default.strip("`") for name, default, _ in rows}
    expected = {}
    for name, field in Settings.model_fields.items():
        variable = field.validation_alias if isinstance(field.validation_alias, str) else name.upper()
        assert field.default is not PydanticUndefined, f"{variable} has no default"
        default = str(field.default)
        expected[variable] = {"None": "unset", "": "empty"}.get(default, default)
    assert documented == expected
    assert all(len(meaning.split()) >= 3 for _, _, meaning in rows)


def test_decisions_are_numbered_without_a_gap() -> None:
    """0001, 0002 …: a decision that is taken back gets a successor, not a hole."""
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers[0] == 1
    assert all(after == before + 1 for before, after in pairwise(numbers))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_context_decision_and_consequence(path: Path) -> None:
    """In this order, under a title with its number, within a page."""
    body = text(path)
    assert body.startswith(f"# {path.name[:4]}: ")
    assert re.findall(r"^## (.+)$", body, re.MULTILINE) == ["Context", "Decision", "Consequence"]
    assert 80 <= len(body.split()) <= 450
    assert all(part.strip() for part in re.split(r"^## .+$", body, flags=re.MULTILINE))


def test_the_readme_names_the_two_commands_of_a_newcomer() -> None:
    """And the Makefile has every command that it speaks of."""
    readme = text(Path("README.md"))
    targets = set(re.findall(r"^([a-z-]+):", text(Path("Makefile")), re.MULTILINE))
    commands = set(re.findall(r"(?:^|`)make ([a-z-]+)", readme, re.MULTILINE))
    assert {"demo", "test"} <= commands <= targets


def test_continuous_integration_runs_what_the_readme_says() -> None:
    """One test command, for people and machines."""
    script = text(Path(".ci/run"))
    assert script.rstrip().endswith("exec make test")
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
