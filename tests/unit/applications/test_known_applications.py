"""Applications are remembered for seconds; what is changed here is read anew at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from application.applications.known_applications import REMEMBER, KnownApplications
from domain.applications.application import Application
from domain.shared.errors import NotFound

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
APP = UUID(int=1)


class Hands:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time


class Shelf:
    """Applications in memory; counts how often it was asked, and may be slow."""

    def __init__(self) -> None:
        self.kept: dict[UUID, Application] = {}
        self.asked = 0
        self.gate: asyncio.Event | None = None

    async def add(self, application: Application) -> None:
        self.kept[application.id] = application

    async def get(self, application_id: UUID) -> Application:
        self.asked += 1
        if application_id not in self.kept:
            raise NotFound("there is no such application")
        found = self.kept[application_id]
        if self.gate is not None:
            await self.gate.wait()
        return found

    async def change(self, application_id: UUID, change: Callable[[Application], None]) -> Application:
        changed = Application.create(application_id, "Shop", {}, NOON)
        change(changed)
        self.kept[application_id] = changed
        return changed

    async def list(self, *, after: UUID | None, limit: int) -> Sequence[Application]:
        return list(self.kept.values())


def _off(application: Application) -> None:
    application.update(NOON, is_active=False)


async def _until_asked(shelf: Shelf, times: int) -> None:
    while shelf.asked < times:
        await asyncio.sleep(0)


async def test_it_is_asked_once_in_a_while() -> None:
    """Within the time one look-up is enough, after it another is needed; who is unknown is looked up each time."""
    shelf, clock = Shelf(), Hands()
    known = KnownApplications(shelf, clock)
    with pytest.raises(NotFound):
        await known.get(APP)
    await known.add(Application.create(APP, "Shop", {}, NOON))
    for _ in range(3):
        assert (await known.get(APP)).is_active
    assert shelf.asked == 2
    clock.time += REMEMBER
    await known.get(APP)
    assert shelf.asked == 3
    clock.time -= timedelta(hours=1)
    await known.get(APP)
    assert shelf.asked == 4


async def test_a_change_is_seen_at_once() -> None:
    """Switched off here, it is off for the next call."""
    known = KnownApplications(Shelf(), Hands())
    await known.add(Application.create(APP, "Shop", {}, NOON))
    assert (await known.get(APP)).is_active
    await known.change(APP, _off)
    assert not (await known.get(APP)).is_active


async def test_what_was_read_before_a_change_is_not_remembered_after_it() -> None:
    """A slow look-up that began before the change may answer the old state once, and no longer."""
    shelf = Shelf()
    known = KnownApplications(shelf, Hands())
    await known.add(Application.create(APP, "Shop", {}, NOON))
    shelf.gate = asyncio.Event()
    slow = asyncio.create_task(known.get(APP))
    await _until_asked(shelf, 1)
    await known.change(APP, _off)
    shelf.gate.set()
    assert (await slow).is_active
    assert not (await known.get(APP)).is_active


async def test_many_who_ask_at_once_ask_once() -> None:
    """One look-up for all of them; who asks after a change does not join a look-up from before it."""
    shelf = Shelf()
    known = KnownApplications(shelf, Hands())
    await known.add(Application.create(APP, "Shop", {}, NOON))
    shelf.gate = asyncio.Event()
    before = [asyncio.create_task(known.get(APP)) for _ in range(50)]
    await _until_asked(shelf, 1)
    await known.change(APP, _off)
    after = asyncio.create_task(known.get(APP))
    await _until_asked(shelf, 2)
    shelf.gate.set()
    assert all(one.is_active for one in await asyncio.gather(*before))
    assert not (await after).is_active
    assert shelf.asked == 2
