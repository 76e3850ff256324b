"""A restored backup starts in hold; whatever only looks like one does not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from adapters.postgres.chunk_states import HELD, LEASED, RELEASED
from bootstrap.restore_guard import check_installation, read_hold, release_hold
from tests.servers import Databases

CHUNK = """
INSERT INTO dispatch_chunk (id, application_id, reservation_id, worker, min_id, max_id, created_at, fence, channel,
                            type, lane, state, message_ids)
VALUES ($1, $1, $1, $1, $1, $1, now(), 7, 1, 1, 0, $2, ARRAY[$1::uuid])
"""


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


async def _look(connection: asyncpg.Connection, *, timeline: bool = True) -> str | None:
    return await check_installation(connection, hold_on_timeline_change=timeline)


async def _pretend(connection: asyncpg.Connection, **values: object) -> None:
    """Alter what the last start noted, as if the backup had been taken elsewhere."""
    await connection.execute(
        "UPDATE system_state SET value = value || $1::jsonb WHERE name = 'installation'", json.dumps(values)
    )


async def test_a_first_start_and_a_restart_are_no_restore(connection: asyncpg.Connection) -> None:
    """The first start writes the note, later ones find that it fits."""
    assert await _look(connection) is None
    assert await _look(connection) is None
    assert await read_hold(connection) is None


@pytest.mark.parametrize("name", ["system", "database", "relation", "timeline"])
async def test_a_note_from_elsewhere_puts_the_installation_on_hold(
    connection: asyncpg.Connection, name: str
) -> None:
    """Another server, another database, tables made anew, another timeline: each is noticed, once."""
    await _look(connection)
    await _pretend(connection, **{name: "7300000000000000000" if name == "system" else 4_000_000})
    reason = await _look(connection)
    assert reason is not None
    hold = await read_hold(connection)
    assert hold is not None
    assert hold.reason == reason
    assert await _look(connection) is None, "noticed once, and held until it is released"
    assert await release_hold(connection)
    assert await read_hold(connection) is None
    assert await _look(connection) is None


async def test_a_copy_of_the_database_is_on_hold(
    postgres_server: Databases, connection: asyncpg.Connection, database_url: str
) -> None:
    """What a restored dump is: the same rows in another database."""
    await _look(connection)
    await connection.close()
    name = f"copy_{uuid4().hex[:12]}"
    copied = await asyncpg.connect(postgres_server.create(name, template=database_url.rpartition("/")[2]))
    try:
        assert "another database" in (await _look(copied) or "")
    finally:
        await copied.close()
        postgres_server.drop(name)


async def test_a_promotion_alone_need_not_hold(connection: asyncpg.Connection) -> None:
    """HOLD_ON_TIMELINE_CHANGE=false is for synchronous replicas, where nothing can be missing."""
    await _look(connection)
    await _pretend(connection, timeline=4_000_000)
    assert await _look(connection, timeline=False) is None
    assert await read_hold(connection) is None
    await _pretend(connection, timeline=4_000_000, database=4_000_000)
    assert await _look(connection, timeline=False) is not None


async def test_released_and_leased_chunks_go_back_into_the_queue(connection: asyncpg.Connection) -> None:
    """A doorbell from before the restore finds nothing to lease, and a worker from before has lost its fence."""
    await _look(connection)
    for state in (HELD, RELEASED, LEASED):
        await connection.execute(CHUNK, uuid4(), state)
    await _pretend(connection, system="1")
    assert await _look(connection) is not None
    rows = await connection.fetch("SELECT state, fence, worker FROM dispatch_chunk ORDER BY fence")
    assert [row["state"] for row in rows] == [HELD] * 3
    assert [row["fence"] for row in rows] == [7, 8, 8]
    hold = await read_hold(connection)
    assert hold is not None
    assert hold.waiting == 3


async def test_a_role_that_may_not_ask_for_the_server_still_notices_a_copy(
    connection: asyncpg.Connection,
) -> None:
    """Where the server's identity is withheld, as by some providers, the database's own remains."""
    await _look(connection)
    role = f"guest_{uuid4().hex[:12]}"
    await connection.execute(
        f"REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC; CREATE ROLE {role};"
        f" GRANT ALL ON system_state, dispatch_chunk TO {role}; SET ROLE {role}"
    )
    try:
        assert await _look(connection) is None
        await _pretend(connection, database=4_000_000)
        assert "another database" in (await _look(connection) or "")
    finally:
        await connection.execute(f"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")
