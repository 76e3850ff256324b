"""The demo's final table: figures, phases, and every sum with whether it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from entrypoints.cli.terminal import Terminal

FIGURES = (
    "accepted",
    "successful",
    "failed",
    "retried",
    "dead",
    "received",
    "converted",
    "provider_requests",
    "duplicates",
    "lost",
    "elapsed_s",
)


def show_demo(
    terminal: Terminal,
    figures: Mapping[str, int | float | bool],
    phases: Mapping[str, float],
    checks: Sequence[tuple[str, bool, str]],
) -> None:
    """`checks` are (name, holds, what was found instead)."""
    text = terminal.text
    rows = [(text(f"figure.{name}"), _number(figures[name])) for name in FIGURES]
    terminal.table(
        text("demo.table", recipients=_number(figures["accepted"])),
        (text("demo.figure"), text("demo.value")),
        rows,
    )
    terminal.table(
        "",
        (text("demo.seconds"), ""),
        [(text(f"demo.{name}"), f"{seconds:.2f}") for name, seconds in phases.items()],
    )
    marks = {True: Text("✓", style="green"), False: Text("✗", style="bold red")}
    terminal.table(
        text("demo.checks"),
        (text("demo.check"), text("demo.holds")),
        [(text(f"check.{name}"), marks[holds]) for name, holds, _ in checks],
    )
    broken = [(name, found) for name, holds, found in checks if not holds]
    for name, found in broken:
        terminal.line(f"✗ {text(f'check.{name}')}: {found}")
    if broken:
        terminal.line(text("demo.broken", count=len(broken), of=len(checks)))
    else:
        terminal.line(text("demo.all_hold"))


def _number(value: float | bool) -> str:
    return f"{value:,}"
