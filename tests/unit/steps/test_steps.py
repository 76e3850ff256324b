"""Steps that are taken again and again: nothing ends them but the wish to stop, and one item's fault is its own."""

from __future__ import annotations

import asyncio
import logging

import pytest

from application.steps import LONGEST_PAUSE, each_of, pause_after, repeat
from domain.shared.errors import Conflict, Unavailable


class Runs:
    """Writes down what it is told: implements JobMeasures."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bool]] = []

    def ran(self, job: str, seconds: float, *, failed: bool = False) -> None:
        self.told.append((job, failed))


async def test_a_step_is_taken_again_whatever_it_raises(caplog: pytest.LogCaptureFixture) -> None:
    """An outage is a line, a fault of ours has its place in the log, a group of faults is one more fault."""
    stopping, runs = asyncio.Event(), Runs()
    ends: list[Exception | None] = [Unavailable(), KeyError("x"), ExceptionGroup("two", [ValueError()]), None]

    async def step() -> bool:
        end = ends.pop(0)
        if end is not None:
            raise end
        stopping.set()
        return True

    with caplog.at_level(logging.WARNING, "application.steps"):
        async with asyncio.timeout(10):
            await repeat("folding figures", step, stopping, every=0.0, measures=runs)
    assert runs.told == [("folding_figures", True)] * 3 + [("folding_figures", False)]
    outage, fault, group = caplog.records
    assert outage.exc_info is None
    assert fault.exc_info is not None
    assert fault.exc_info[0] is KeyError
    assert group.exc_info is not None


async def test_a_stop_ends_the_wait_for_the_next_step() -> None:
    """However long the wait is."""
    stopping = asyncio.Event()

    async def step() -> None:
        asyncio.get_running_loop().call_soon(stopping.set)

    async with asyncio.timeout(10):
        await repeat("tidying", step, stopping, every=3_600.0)


def test_a_step_that_fails_waits_longer_each_time_but_never_longer_than_its_own_pace_or_a_second() -> None:
    """Quick steps do not spin, slow ones come back soon after a passing trouble."""
    quick = [pause_after(failures, every=0.1) for failures in range(1, 40)]
    slow = [pause_after(failures, every=60.0) for failures in range(1, 40)]
    for pauses, longest in ((quick, LONGEST_PAUSE), (slow, 60.0)):
        assert pauses == sorted(pauses)
        assert (pauses[0], pauses[-1]) == (0.1, longest)


async def test_an_item_that_fails_keeps_no_other_from_its_turn() -> None:
    """What failed is raised at the end, with the names that the log is to give it."""
    seen: list[int] = []

    async def act(item: int) -> int:
        seen.append(item)
        if item % 2:
            raise Conflict if item == 1 else KeyError(item)
        return item

    with pytest.raises(ExceptionGroup) as failed:
        await each_of({f"item {n}": n for n in range(5)}, act)
    assert seen == [0, 1, 2, 3, 4]
    notes = [(type(one), one.__notes__) for one in failed.value.exceptions]
    assert notes == [(Conflict, ["with item 1"]), (KeyError, ["with item 3"])]
    assert await each_of({f"item {n}": n for n in (2, 4)}, act) == 6


async def test_storage_that_is_away_is_away_for_every_item() -> None:
    """The round ends at once, instead of failing once for each."""
    seen: list[int] = []

    async def act(item: int) -> None:
        seen.append(item)
        raise Unavailable

    with pytest.raises(Unavailable):
        await each_of({"a": 1, "b": 2}, act)
    assert seen == [1]
