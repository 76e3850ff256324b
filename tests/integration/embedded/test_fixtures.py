"""The fixtures themselves: clones are isolated, empty databases are empty, prefixes are unique."""

from __future__ import annotations

import os
from pathlib import Path

import asyncpg
import nats
import pytest
from nats.js.api import StreamConfig

from bootstrap.embedded import EmbeddedNats, FolderInUse
from bootstrap.migrations import pending
from tests.servers import PREFIX, Databases, apart, delete_streams, sweep


@pytest.mark.parametrize("run", [1, 2])
async def test_a_clone_does_not_see_what_another_test_wrote(database_url: str, run: int) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE TABLE left_by_a_test (run integer)")
    assert await connection.fetchval("SELECT count(*) FROM left_by_a_test") == 0
    await connection.close()


async def test_clones_are_migrated_and_the_template_takes_no_connection(
    database_url: str, template_database: str, postgres_server: Databases
) -> None:
    assert not pending(database_url)
    with pytest.raises(asyncpg.PostgresError, match="not currently accepting connections"):
        await asyncpg.connect(postgres_server.url(template_database))


async def test_an_empty_database_has_no_table(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    await connection.close()


async def test_a_database_is_dropped_even_when_a_test_left_a_session_open(postgres_server: Databases) -> None:
    connection = await asyncpg.connect(postgres_server.create("left_open"))
    postgres_server.drop("left_open")
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.fetchval("SELECT 1")
    connection.terminate()


async def test_deleting_a_prefix_leaves_other_streams_alone(nats_url: str, stream_prefix: str) -> None:
    client = await nats.connect(nats_url)
    streams = client.jetstream()
    for suffix in ("a_one", "a_two", "b"):
        name = f"{stream_prefix}_{suffix}"
        await streams.add_stream(StreamConfig(name=name, subjects=[f"{name}.>"]))
    apart(delete_streams(nats_url, f"{stream_prefix}_a"))
    left = [info.config.name for info in await streams.streams_info()]
    assert [name for name in left if name and name.startswith(stream_prefix)] == [f"{stream_prefix}_b"]
    await client.close()


def test_a_sweep_removes_what_dead_runs_left_and_spares_the_living_and_the_young(server_folder: Path) -> None:
    dead, living, young = (server_folder / f"{PREFIX}{name}" for name in ("dead", "living", "young"))
    with EmbeddedNats(dead / "nats"):
        pass
    young.mkdir()
    with EmbeddedNats(living / "nats"):
        for folder in (dead, living):
            os.utime(folder, (0, 0))
        sweep(server_folder)
        assert not dead.exists()
        assert living.exists()
        assert young.exists()
        with pytest.raises(FolderInUse):
            EmbeddedNats(living / "nats").start()
