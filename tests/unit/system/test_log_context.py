"""Log lines carry the id of what is being worked on, each task its own."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from application.ports.log_context import CHUNK_ID, REQUEST_ID
from bootstrap.log_setup import add_context

LOGGER = logging.getLogger("test")


async def test_two_chunks_at_once_do_not_mix() -> None:
    """A task that sets its chunk changes no other's, and nothing is added outside of any."""

    async def work(id_: UUID) -> object:
        CHUNK_ID.set(id_)
        await asyncio.sleep(0)
        return add_context(LOGGER, "info", {"event": "x"})["chunk_id"]

    ids = [UUID(int=1), UUID(int=2)]
    assert await asyncio.gather(*(work(one) for one in ids)) == [str(one) for one in ids]
    assert add_context(LOGGER, "info", {"event": "x"}) == {"event": "x"}


async def test_a_line_that_names_its_own_id_keeps_it() -> None:
    """What the caller of the logger says is stronger than where it stands."""
    before = REQUEST_ID.set("outer")
    assert add_context(LOGGER, "info", {"event": "x", "request_id": "own"})["request_id"] == "own"
    REQUEST_ID.reset(before)
