"""A commit whose answer is lost: looked up by its transaction id, never guessed."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext

import pytest

from adapters.postgres.commit import committing, reading
from adapters.postgres.engine import open_engine, raw_connection
from domain.shared.errors import CommitUnknown, InvalidInput, Unavailable
from tests.integration.pipeline.lossy_proxy import lossy
from tests.integration.pipeline.workshop import Workshop

INSERT = "INSERT INTO system_state (name, value, updated_at) VALUES ('x', '1', now())"


async def test_a_commit_that_was_done_though_its_answer_was_lost_counts_as_done(
    shop: Workshop, database_url: str
) -> None:
    async with lossy(database_url) as proxy:
        engine = open_engine(proxy.url, pool_size=2)
        async with raw_connection(engine) as connection, committing(engine, connection):
            await connection.execute(INSERT)
            proxy.trigger = b"COMMIT"
        assert proxy.cuts == 1, "the answer was really lost"
        assert await shop.value("SELECT count(*) FROM system_state") == 1
        await engine.dispose()


async def test_a_commit_that_nobody_can_tell_about_is_unknown(shop: Workshop, database_url: str) -> None:
    async with lossy(database_url) as proxy:
        engine = open_engine(proxy.url, pool_size=2)
        with pytest.raises(CommitUnknown):
            async with raw_connection(engine) as connection, committing(engine, connection):
                await connection.execute(INSERT)
                proxy.trigger, proxy.refuse = b"COMMIT", True
        await engine.dispose()


async def test_a_connection_that_dies_before_the_commit_leaves_nothing(
    shop: Workshop, database_url: str
) -> None:
    engine = open_engine(database_url, pool_size=2)
    with pytest.raises(Unavailable):
        async with raw_connection(engine) as connection, committing(engine, connection):
            await connection.execute(INSERT)
            pid = await connection.fetchval("SELECT pg_backend_pid()")
            await shop.connection.execute("SELECT pg_terminate_backend($1, 5000)", pid)
            await connection.execute("SELECT 1")
    assert await shop.value("SELECT count(*) FROM system_state") == 0
    async with raw_connection(engine) as connection, committing(engine, connection):
        await connection.execute(INSERT)
    assert await shop.value("SELECT count(*) FROM system_state") == 1, "the pool replaced the dead connection"
    await engine.dispose()


async def test_a_value_that_postgresql_refuses_is_the_callers_mistake(shop: Workshop) -> None:
    with pytest.raises(InvalidInput):
        async with raw_connection(shop.engine) as connection, committing(shop.engine, connection):
            await connection.execute("SELECT $1::jsonb", '"\\u0000"')


async def test_a_value_that_the_driver_refuses_is_the_callers_mistake_too(shop: Workshop) -> None:
    """Also where nothing is changed."""
    with pytest.raises(InvalidInput):
        async with reading(shop.engine) as connection:
            await connection.execute("SELECT $1::text", "\udc80")


async def test_a_connection_that_answers_no_more_is_nobody_elses(shop: Workshop, database_url: str) -> None:
    """A firewall forgot it: who gave up waiting is rid of it soon, and the next borrower gets another."""
    async with lossy(database_url) as proxy:
        engine = open_engine(proxy.url, pool_size=1)
        for of_a_transaction in (False, True):
            with pytest.raises(Unavailable):
                async with raw_connection(engine) as connection, asyncio.timeout(30):
                    async with committing(engine, connection) if of_a_transaction else nullcontext():
                        proxy.freeze()
                        try:
                            await connection.fetchval("SELECT 1", timeout=0.1)
                        except TimeoutError as error:
                            raise Unavailable from error
            async with asyncio.timeout(10), reading(engine) as connection:
                assert await connection.fetchval("SELECT 1") == 1
        await engine.dispose()
