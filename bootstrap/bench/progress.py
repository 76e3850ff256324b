"""Progress on standard error; standard output is for the report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Stage:
    """One bar."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def at(self, done: float) -> None:
        """So much is done."""
        self._progress.update(self._task, completed=done)

    def advance(self, n: int) -> None:
        """So much more is done."""
        self._progress.advance(self._task, n)

    def rename(self, title: str) -> None:
        """The same bar goes on with something else."""
        self._progress.update(self._task, description=title)


class Stages:
    """The bars of a bench, one after another."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Stage]:
        """A bar that is full in the end; `total` None: nobody knows how long it takes."""
        task = self._progress.add_task(title, total=total)
        yield Stage(self._progress, task)
        self._progress.update(task, total=total or 1, completed=total or 1)


@contextmanager
def stages() -> Iterator[Stages]:
    """Bars on standard error."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    with progress:
        yield Stages(progress)
