"""NATS as our child: streams survive its restarts, and durability is chosen per stream."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
from pathlib import Path

import nats
import nats.errors
import pytest
from nats.js.api import StorageType, StreamConfig

from bootstrap.embedded import EmbeddedNats, FolderInUse
from tests.integration.embedded.processes import eventually, processes_below


async def publish_one(url: str) -> None:
    client = await nats.connect(url)
    streams = client.jetstream()
    await streams.add_stream(StreamConfig(name="kept", subjects=["kept.>"], storage=StorageType.FILE))
    await streams.publish("kept.one", b"still here")
    await client.close()


async def read_one(url: str) -> bytes | None:
    client = await nats.connect(url)
    message = await client.jetstream().get_last_msg("kept", "kept.one")
    await client.close()
    return message.data


async def test_a_stream_survives_a_clean_restart_and_no_process_is_left(server_folder: Path) -> None:
    with EmbeddedNats(server_folder / "nats") as server:
        await publish_one(server.url)
    assert processes_below(server_folder) == []
    with EmbeddedNats(server_folder / "nats") as server:
        assert await read_one(server.url) == b"still here"


async def test_a_stream_survives_kill_9_and_the_port_stays(server_folder: Path) -> None:
    with EmbeddedNats(server_folder / "nats") as server:
        url, pid = server.url, server.pid
        assert pid is not None
        await publish_one(url)
        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: not server.running)
        assert await asyncio.to_thread(server.start) == url
        assert await read_one(url) == b"still here"


async def test_a_stream_may_opt_out_of_syncing_with_persist_mode_async(server_folder: Path) -> None:
    with EmbeddedNats(server_folder / "nats") as server:
        client = await nats.connect(server.url)
        config = {
            "name": "doorbells",
            "subjects": ["dispatch.>"],
            "retention": "workqueue",
            "storage": "file",
            "num_replicas": 1,
            "persist_mode": "async",
        }
        reply = await client.request("$JS.API.STREAM.CREATE.doorbells", json.dumps(config).encode())
        created = json.loads(reply.data)
        assert "error" not in created
        assert created["config"]["persist_mode"] == "async"
        assert (await client.jetstream().publish("dispatch.bulk.push", b"")).seq == 1
        await client.close()
        assert "sync_interval: always" in (server_folder / "nats" / "nats.conf").read_text()


async def test_the_password_is_needed_and_only_its_owner_can_read_it(server_folder: Path) -> None:
    with EmbeddedNats(server_folder / "nats") as server:
        with pytest.raises((nats.errors.Error, OSError)):
            await nats.connect(
                f"nats://signal:wrong@127.0.0.1:{server.port}",
                allow_reconnect=False,
                max_reconnect_attempts=0,
                error_cb=ignore,
            )
        for name in ("nats.password", "nats.conf"):
            assert stat.S_IMODE((server_folder / "nats" / name).stat().st_mode) == 0o600
        assert (server_folder / "nats" / "nats.password").read_text() not in repr(server)


async def ignore(_: Exception) -> None:
    pass


async def test_messages_up_to_four_mebibytes_are_taken(server_folder: Path) -> None:
    with EmbeddedNats(server_folder / "nats") as server:
        client = await nats.connect(server.url)
        assert client.max_payload == 4 * 1024 * 1024
        await client.close()


def test_a_second_server_on_the_same_folder_is_refused(server_folder: Path) -> None:
    with EmbeddedNats(server_folder / "nats") as first:
        with pytest.raises(FolderInUse):
            EmbeddedNats(server_folder / "nats").start()
        assert first.running
