"""A campaign's live progress: one bar of everybody, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from entrypoints.cli.terminal import Terminal


class CampaignScreen:
    """A context manager; draws on standard error, and nothing at all for machines."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=terminal.err,
            disable=terminal.machine,
        )
        self._bar: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, told: Mapping[str, Any]) -> None:
        """What the progress route answered."""
        total = max(1, told["total_recipients"])
        if self._bar is None:
            self._bar = self._progress.add_task(told["status"], total=total, note="")
        self._progress.update(
            self._bar, description=told["status"], total=total, completed=done(told), note=self._note(told)
        )

    def _note(self, told: Mapping[str, Any]) -> str:
        text, messages, queue = self._terminal.text, told["messages"], told["queue"]
        in_queue = sum(queue.values())
        parts = [
            f"{text('campaigns.failed')} {messages['failed']:,}",
            f"{text('campaigns.in_queue')} {in_queue:,}",
            f"{text('campaigns.waiting')} {told['waiting']:,}",
            text("campaigns.rate", rate=f"{told['rate']:,.0f}"),
        ]
        if told["eta_seconds"] is not None:
            parts.append(text("campaigns.eta", seconds=f"{told['eta_seconds']:,}"))
        if told["pause_reason"]:
            parts.append(text("campaigns.paused", reason=told["pause_reason"]))
        return " · ".join(parts)


def done(told: Mapping[str, Any]) -> int:
    """Recipients whose outcome is final."""
    messages = told["messages"]
    final = ("successful", "received", "converted", "failed", "canceled")
    return sum(int(messages[name]) for name in final) + int(told["excluded"])
