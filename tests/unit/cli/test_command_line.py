"""The command line loads what the named command needs, and everything where none is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from bootstrap.command_line import REGISTRATIONS, build, registrations

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", REGISTRATIONS)
def test_a_named_command_is_the_only_one_that_is_loaded(name: str) -> None:
    """Under the name that the table gives it, wherever options stand."""
    command = typer.main.get_command(build(["--json", name, "--help"]))
    assert list(command.commands) == [name]  # type: ignore[attr-defined]


@pytest.mark.parametrize("arguments", [[], ["--help"], ["campaing"]])
def test_without_a_known_command_all_of_them_are_loaded(arguments: list[str]) -> None:
    """For the help page, and for the suggestion after a slip."""
    assert registrations(arguments) == list(REGISTRATIONS.values())


def test_commands_load_the_product_only_when_they_open_a_node() -> None:
    """Help, a slip and commands over the API take a fraction of a second: no database toolkit, no use cases."""
    light = (
        "campaigns",
        "segments",
        "templates",
        "ledger",
        "analytics",
        "operators",
        "operator-key",
        "channels",
        "migrate",
        "up",
    )
    heavy = ("sqlalchemy", "alembic", "liquid", "nats", "bootstrap.use_cases", "bootstrap.bench")
    program = (
        f"import sys; from bootstrap.command_line import build; [build([name]) for name in {light!r}];"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.strip() == "[]"
