"""The report for people."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

Report = Mapping[str, object]


def show(report: Report) -> None:
    """Print it on standard output: one table of figures, one for the ramp."""
    console = Console()
    table = Table("what", "measured", title="automata-signal bench")
    steps = report.get("ramp")
    for name, value in _flat({name: value for name, value in report.items() if name != "ramp"}):
        table.add_row(name, value)
    console.print(table)
    if isinstance(steps, list):
        console.print(_ramp_table(steps))


def _flat(report: Report, prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in report.items():
        if isinstance(value, dict) and value:
            rows += _flat(value, f"{prefix}{name}.")
        else:
            rows.append((f"{prefix}{name}", _text(value)))
    return rows


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _ramp_table(steps: list[Report]) -> Table:
    table = Table("offered/s", "achieved/s", "mean ms", "p50", "p95", "p99", "error rate", title="ramp")
    for step in steps:
        latency = step["latency_ms"]
        assert isinstance(latency, dict)
        figures = [
            step["offered"],
            step["achieved"],
            *(latency[name] for name in ("mean", "p50", "p95", "p99")),
        ]
        table.add_row(*(_text(one) for one in figures), _text(step["error_rate"]))
    return table
