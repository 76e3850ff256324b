"""Group commit: callers share work, keep their own answers, and never wait without bound."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from application.messaging.group_commit import GroupCommit
from domain.shared.errors import Unavailable


async def double(items: Sequence[int]) -> Sequence[int]:
    return [item * 2 for item in items]


async def test_each_caller_gets_its_own_answer() -> None:
    gatherer = GroupCommit(double)
    assert await asyncio.gather(*(gatherer.submit(n) for n in range(100))) == [n * 2 for n in range(100)]


async def test_concurrent_callers_share_groups_of_at_most_the_bound() -> None:
    sizes: list[int] = []

    async def work(items: Sequence[int]) -> Sequence[int]:
        sizes.append(len(items))
        return items

    gatherer = GroupCommit(work, at_most=40)
    await asyncio.gather(*(gatherer.submit(n) for n in range(100)))
    assert max(sizes) <= 40
    assert sum(sizes) == 100
    assert (gatherer.items, gatherer.groups) == (100, len(sizes))


async def test_a_failure_is_every_callers_failure_and_the_next_group_is_free_of_it() -> None:
    broken = True

    async def work(items: Sequence[int]) -> Sequence[int]:
        if broken:
            raise Unavailable
        return items

    gatherer = GroupCommit(work)
    answers = await asyncio.gather(*(gatherer.submit(n) for n in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    broken = False
    assert await gatherer.submit(1) == 1


async def test_a_full_waiting_room_turns_callers_away() -> None:
    release = asyncio.Event()

    async def work(items: Sequence[int]) -> Sequence[int]:
        await release.wait()
        return items

    gatherer = GroupCommit(work, at_most=1, concurrency=1, waiting_room=3)
    waiting = [asyncio.create_task(gatherer.submit(n)) for n in range(4)]
    await asyncio.sleep(0.05)
    held = [asyncio.create_task(gatherer.submit(n)) for n in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await gatherer.submit(9)
    release.set()
    answers = await asyncio.gather(*waiting, *held, return_exceptions=True)
    assert all(isinstance(answer, int | Unavailable) for answer in answers)


async def test_a_caller_that_gives_up_does_not_harm_the_others() -> None:
    async def work(items: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(0.02)
        return items

    gatherer = GroupCommit(work)
    first, second = (asyncio.create_task(gatherer.submit(n)) for n in (1, 2))
    await asyncio.sleep(0.01)
    first.cancel()
    assert await second == 2


async def test_closing_waits_for_what_was_submitted() -> None:
    done: list[int] = []

    async def work(items: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(0.02)
        done.extend(items)
        return items

    gatherer = GroupCommit(work)
    task = asyncio.create_task(gatherer.submit(1))
    await asyncio.sleep(0)
    await gatherer.close()
    assert done == [1]
    assert await task == 1


async def test_groups_are_bounded_by_what_their_items_weigh() -> None:
    """Many small calls share a group that a few large ones fill; one that is larger than the bound goes alone."""
    groups: list[list[int]] = []

    async def work(items: Sequence[int]) -> Sequence[int]:
        groups.append(list(items))
        return items

    gatherer = GroupCommit(work, at_most=100, concurrency=1, weigh=lambda item: item)
    await asyncio.gather(*(gatherer.submit(n) for n in (60, 30, 20, 500, 1, 1, 98, 1)))
    assert groups == [[60, 30], [20], [500], [1, 1, 98], [1]]


async def test_work_that_is_cut_off_leaves_nobody_waiting() -> None:
    """Nor does its place stay taken: the next group is served."""
    cut_off = True

    async def work(items: Sequence[int]) -> Sequence[int]:
        if cut_off:
            raise asyncio.CancelledError
        return items

    gatherer = GroupCommit(work, concurrency=1)
    async with asyncio.timeout(10):
        answers = await asyncio.gather(*(gatherer.submit(n) for n in range(3)), return_exceptions=True)
        assert [type(answer) for answer in answers] == [Unavailable] * 3
        cut_off = False
        assert await gatherer.submit(1) == 1


async def test_work_that_failed_is_not_repeated() -> None:
    """It may have been committed before it failed: a second time would store its messages twice."""
    stored: list[int] = []

    async def work(items: Sequence[int]) -> Sequence[int]:
        stored.extend(items)
        raise KeyError

    gatherer = GroupCommit(work)
    answers = await asyncio.gather(*(gatherer.submit(n) for n in range(50)), return_exceptions=True)
    assert stored == list(range(50))
    assert [type(answer) for answer in answers] == [KeyError] * 50
