"""Doorbells on a real NATS: heard once, offered again when not acknowledged, and a wiped stream is noticed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from adapters.jetstream.connection import open_nats
from adapters.jetstream.doorbells import JetStreamDoorbells
from adapters.system.identifiers import Uuid7
from application.ports.doorbells import Ring
from domain.shared.channels import Channel, Lane


@pytest_asyncio.fixture
async def bells(nats_url: str, stream_prefix: str) -> AsyncIterator[JetStreamDoorbells]:
    client = await open_nats(nats_url)
    doorbells = JetStreamDoorbells(client, prefix=stream_prefix)
    await doorbells.ensure_stream()
    yield doorbells
    await doorbells.close()
    await client.close()


async def test_a_ring_is_heard_on_its_own_lane_and_channel_only(bells: JetStreamDoorbells) -> None:
    ids = Uuid7().many(3)
    await bells.ring([Ring(Lane.BULK, Channel.PUSH, one) for one in ids])
    assert await bells.listen(Lane.TRANSACTIONAL, Channel.PUSH, 10, 0.2) == ()
    assert await bells.listen(Lane.BULK, Channel.EMAIL, 10, 0.2) == ()
    heard = await bells.listen(Lane.BULK, Channel.PUSH, 10, 2)
    assert [one.chunk_id for one in heard] == ids


async def test_no_more_is_fetched_than_there_are_free_slots(bells: JetStreamDoorbells) -> None:
    await bells.ring([Ring(Lane.BULK, Channel.PUSH, one) for one in Uuid7().many(5)])
    assert len(await bells.listen(Lane.BULK, Channel.PUSH, 2, 2)) == 2
    assert len(await bells.listen(Lane.BULK, Channel.PUSH, 10, 2)) == 3


async def test_what_was_acknowledged_is_gone(bells: JetStreamDoorbells) -> None:
    await bells.ring([Ring(Lane.BULK, Channel.PUSH, one) for one in Uuid7().many(2)])
    await bells.acknowledge(await bells.listen(Lane.BULK, Channel.PUSH, 10, 2))
    assert await left(bells) == 0


async def left(bells: JetStreamDoorbells) -> int:
    """Rings in the stream, once it is empty or two seconds have passed: the server drops what was acknowledged by and by."""
    until = asyncio.get_running_loop().time() + 2
    while True:
        info = await bells._request(f"STREAM.INFO.{bells._stream}", None)
        state = info["state"]
        assert isinstance(state, dict)
        if not state["messages"] or asyncio.get_running_loop().time() > until:
            return int(state["messages"])
        await asyncio.sleep(0.02)


async def test_a_wiped_stream_is_noticed_once_and_made_again(bells: JetStreamDoorbells) -> None:
    assert await bells.was_wiped() is False
    await bells.ring([Ring(Lane.BULK, Channel.PUSH, Uuid7().one())])
    await bells._client.flush()
    assert await bells.was_wiped() is False
    await bells._jetstream.delete_stream(bells._stream)
    assert await bells.was_wiped() is True
    assert await bells.was_wiped() is False
    await bells.ring([Ring(Lane.BULK, Channel.PUSH, Uuid7().one())])
    assert len(await bells.listen(Lane.BULK, Channel.PUSH, 10, 2)) == 1


async def test_a_stream_that_was_made_anew_by_somebody_else_counts_as_wiped(
    bells: JetStreamDoorbells,
) -> None:
    assert await bells.was_wiped() is False
    await bells._jetstream.delete_stream(bells._stream)
    await bells.ensure_stream()
    assert await bells.was_wiped() is True


async def test_listening_goes_on_after_the_stream_was_wiped(bells: JetStreamDoorbells) -> None:
    assert await bells.listen(Lane.BULK, Channel.PUSH, 10, 0.1) == ()
    await bells._jetstream.delete_stream(bells._stream)
    await bells.ensure_stream()
    chunk = Uuid7().one()
    await bells.ring([Ring(Lane.BULK, Channel.PUSH, chunk)])
    for _ in range(20):
        if heard := await bells.listen(Lane.BULK, Channel.PUSH, 10, 1):
            assert [one.chunk_id for one in heard] == [chunk]
            return
    raise AssertionError("the doorbell was never heard")
