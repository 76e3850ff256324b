"""Steps that are taken again and again: whatever one raises is told in the log, and it is taken again, never in a hurry.

A loop that ended with an error nobody had listed would leave a process that lives on without it. These end when they are
asked to, and one item that fails keeps no other from its turn.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

from application.ports.measures import JobMeasures
from domain.shared.errors import SignalError, Unavailable

log = logging.getLogger(__name__)

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 1.0
"""Seconds after a failure, doubled with each in a row; a step that is taken less often than that comes back to its own pace."""

Item = TypeVar("Item")
Step = Callable[[], Awaitable[object]]


async def repeat(
    what: str, step: Step, stopping: asyncio.Event, *, every: float, measures: JobMeasures | None = None
) -> None:
    """Take the step until `stopping` is set: at once again after a true answer, else after `every` seconds.

    `what` names it in the log and, with underscores, in `measures`.
    """
    failures = 0
    while not stopping.is_set():
        started, again = time.monotonic(), False
        try:
            again = bool(await step())
            failures = 0
        except Exception as error:
            failures += 1
            tell_failure(what, error)
        if measures is not None:
            measures.ran(what.replace(" ", "_"), time.monotonic() - started, failed=failures > 0)
        pause = every if failures == 0 else pause_after(failures, every)
        try:
            async with asyncio.timeout(0.0 if again else pause):
                await stopping.wait()
        except TimeoutError:
            continue


def pause_after(failures: int, every: float = 0.0) -> float:
    """Seconds until a step is taken again that failed so many times in a row."""
    return min(max(every, LONGEST_PAUSE), FIRST_PAUSE * 2.0 ** min(failures - 1, 20))


def tell_failure(what: str, error: Exception) -> None:
    """What the platform could not do is a warning; anything else is a fault of ours, told with the place where it arose."""
    if isinstance(error, SignalError):
        log.warning("%s failed and is tried again: %s", what, error)
    else:
        log.error("%s failed unexpectedly and is tried again", what, exc_info=error)


async def each_of(items: Mapping[str, Item], act: Callable[[Item], Awaitable[int | None]]) -> int:
    """Act on every item, by the name that the log is to give it; answer the sum.

    What fails with one item is raised when all have had their turn, together and each with its name. Raise Unavailable
    at once: storage is away for all of them.
    """
    done, failures = 0, []
    for name, item in items.items():
        try:
            done += await act(item) or 0
        except Unavailable:
            raise
        except Exception as error:
            error.add_note(f"with {name}")
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(items)} failed", failures)
    return done
