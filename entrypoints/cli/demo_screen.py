"""The demo's live progress: a bar per phase, and bars of what became of the messages."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from entrypoints.cli.terminal import Terminal

SHOWN = ("accepted", "sent", "failed", "retried", "received", "converted")


class DemoScreen:
    """A context manager; draws on standard error, and nothing at all for machines."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=terminal.err,
            disable=terminal.machine,
        )
        self._phase: TaskID | None = None
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()
        for bar in self._bars.values():
            self._progress.stop_task(bar)
        self._progress.stop()

    def phase(self, name: str, total: int) -> None:
        """A new phase; the one before is complete. Messages have bars of their own from `deliver` on."""
        self._finish()
        if name == "deliver":
            for figure in SHOWN:
                text = self._terminal.text(f"figure.{figure}")
                self._bars[figure] = self._progress.add_task(f"  {text}", total=total)
        elif name != "receipts":
            self._phase = self._progress.add_task(self._terminal.text(f"demo.{name}"), total=total)

    def advance(self, done: int) -> None:
        """So many steps of the phase are done."""
        if self._phase is not None:
            self._progress.update(self._phase, completed=done)

    def counts(self, counts: Mapping[str, int]) -> None:
        """How many messages are where."""
        for figure, bar in self._bars.items():
            if figure in counts:
                self._progress.update(bar, completed=counts[figure])

    def _finish(self) -> None:
        if self._phase is not None:
            task = next(task for task in self._progress.tasks if task.id == self._phase)
            self._progress.update(self._phase, completed=task.total)
            self._progress.stop_task(self._phase)
            self._phase = None
