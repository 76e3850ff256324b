"""Tables about campaigns, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from entrypoints.cli.terminal import Terminal

COLORS = {
    "sending": "cyan",
    "paused": "yellow",
    "sent": "green",
    "canceled": "dim",
    "failed": "bold red",
}
MARKS = {True: Text("✓", style="green"), False: Text("✗", style="bold red"), None: Text("·", style="dim")}


def colored(status: str) -> Text:
    """A state as it is shown everywhere."""
    return Text(status, style=COLORS.get(status, ""))


def show_campaigns(terminal: Terminal, items: Sequence[Mapping[str, Any]]) -> None:
    """One line a campaign."""
    if not items:
        terminal.line(terminal.text("campaigns.none"))
        return
    text = terminal.text
    columns = (
        "campaigns.name",
        "campaigns.status",
        "campaigns.recipients",
        "campaigns.successful",
        "campaigns.failed",
    )
    rows = [
        (
            Text.assemble(one["name"], "\n", (one["id"], "dim")),
            colored(one["status"]),
            f"{one['total_recipients']:,}",
            f"{one['successful_count']:,}",
            f"{one['failed_count']:,}",
        )
        for one in items
    ]
    terminal.table("", [text(column) for column in columns], rows)


def show_campaign(
    terminal: Terminal, campaign: Mapping[str, Any], history: Sequence[Mapping[str, Any]]
) -> None:
    """What it is, what became of it, and who did what."""
    text = terminal.text
    terminal.heading("campaigns.is", name=campaign["name"], status=campaign["status"])
    for key, field in (("campaigns.paused", "pause_reason"), ("campaigns.failed_because", "failure_reason")):
        if campaign[field]:
            terminal.line(text(key, reason=campaign[field]))
    names = ("recipients", "successful", "failed", "canceled", "excluded")
    fields = ("total_recipients", "successful_count", "failed_count", "canceled_count", "excluded_count")
    rows = [
        (text(f"campaigns.{name}"), f"{campaign[field]:,}") for name, field in zip(names, fields, strict=True)
    ]
    if campaign["scheduled_at"]:
        rows.append((text("campaigns.scheduled"), campaign["scheduled_at"]))
    terminal.table("", ("", ""), rows)
    columns = [text(f"campaigns.{name}") for name in ("event", "when", "actor", "reason")]
    lines = [(one["event"], one["occurred_at"], one["actor"], one["reason"] or "") for one in history]
    terminal.table(text("campaigns.history"), columns, lines)


def show_dry_run(terminal: Terminal, found: Mapping[str, Any]) -> None:
    """Recipients and cost per channel, exclusions by reason, and the fingerprint to launch with."""
    text = terminal.text
    rows: list[Sequence[str | Text]] = [
        (channel, f"{share['recipients']:,}", "") for channel, share in found["channels"].items()
    ]
    rows += [
        (one["channel"], f"{one['recipients']:,}", Text(one["reason"], style="yellow"))
        for one in found["exclusions"]
    ]
    columns = [text(f"campaigns.{name}") for name in ("channel", "recipients", "excluded")]
    terminal.table("", columns, rows)
    terminal.line(text("campaigns.cost", cost=found["cost"], currency=found["currency"]))
    if found["limited_by"]:
        terminal.line(text("campaigns.missing", kind=found["limited_by"], missing=found["missing"]))
    terminal.line(text("campaigns.fingerprint", fingerprint=found["fingerprint"]))


def show_explanation(terminal: Terminal, found: Mapping[str, Any]) -> None:
    """A verdict and its steps for each subscription of the person."""
    text = terminal.text
    for one in found["subscriptions"]:
        terminal.heading(
            "campaigns.verdict",
            subscription=one["subscription_id"],
            type=one["type"] or "",
            verdict=one["verdict"],
        )
        rows = [(step["step"], MARKS[step["passed"]], terminal.told(step["detail"])) for step in one["steps"]]
        terminal.table("", (text("campaigns.step"), "", text("campaigns.detail")), rows)
