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
COUNTERS = ("total_recipients", "successful_count", "failed_count", "canceled_count", "excluded_count")
"""Of a campaign."""
BY_CHANNEL = (
    "accepted",
    "successful",
    "failed",
    "received",
    "converted",
    "fallbacks",
    "charged",
    "amount",
)


def show_demo(
    terminal: Terminal,
    figures: Mapping[str, int | float | bool],
    phases: Mapping[str, float],
    checks: Sequence[tuple[str, bool, str]],
    campaign: Mapping[str, Mapping[str, int | str]] | None = None,
) -> None:
    """`checks` are (name, holds, what was found instead); `campaign` holds its counters, and those counted anew."""
    text = terminal.text
    rows = [(text(f"figure.{name}"), _number(figures[name])) for name in FIGURES if name in figures]
    terminal.table(
        text("demo.table", recipients=_number(figures["accepted"])),
        (text("demo.figure"), text("demo.value")),
        rows,
    )
    if campaign:
        told, counted = campaign["campaign"], campaign["recount"]
        terminal.table(
            text("demo.campaign", status=told["status"]),
            (text("demo.figure"), text("demo.counter"), text("demo.recount")),
            [(text(f"figure.{name}"), f"{told[name]:,}", f"{counted[name]:,}") for name in COUNTERS],
        )
    _show_end(terminal, phases, checks)


def show_channels_demo(
    terminal: Terminal,
    figures: Mapping[str, int | float | bool],
    by_channel: Mapping[str, Mapping[str, int | str]],
    phases: Mapping[str, float],
    checks: Sequence[tuple[str, bool, str]],
) -> None:
    """Of all channels: the figures in all and by channel, then as above."""
    text = terminal.text
    terminal.table(
        text("demo.by_channel"),
        (text("figure.channel"), *(text(f"figure.{name}") for name in BY_CHANNEL)),
        [(channel, *(str(one[name]) for name in BY_CHANNEL)) for channel, one in by_channel.items()],
    )
    terminal.table(
        text("demo.people", recipients=_number(figures["accepted"])),
        (text("demo.figure"), text("demo.value")),
        [(text(f"figure.{name}"), _number(figures[name])) for name in FIGURES if name in figures],
    )
    _show_end(terminal, phases, checks)


def _show_end(
    terminal: Terminal, phases: Mapping[str, float], checks: Sequence[tuple[str, bool, str]]
) -> None:
    text = terminal.text
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
