"""`segments count` as an operator types it: tables for people, JSON for machines, a next step when it cannot work."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from bootstrap.bench.segment_audience import make_audience
from tests.e2e.cli.runs import automata_signal, typed_here
from tests.servers import apart

pytestmark = pytest.mark.slow

VIPS = '{"field": "tag", "key": "grade", "operator": "eq", "value": "VIP"}'


@pytest.fixture
def application(database_url: str) -> UUID:
    """An application with a hundred subscriptions."""

    async def make() -> UUID:
        connection = await asyncpg.connect(database_url)
        try:
            return await make_audience(connection, 100)
        finally:
            await connection.close()

    return apart(make())


def test_a_predicate_is_counted_from_the_command_line(
    database_url: str, nats_url: str, tmp_path: Path, application: UUID
) -> None:
    """Inline or from a file; the parts add up; what is wrong is told with its next step."""
    servers = {"DATABASE_URL": database_url, "NATS_URL": nats_url, "SIGNAL_DATA_FOLDER": str(tmp_path)}
    mine = ("segments", "count", "--application", str(application))
    told = automata_signal(*mine, "--predicate", '{"everyone": true}', "--sample", "2", "--json", **servers)
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["total"]["matching"] == 100
    assert sum(one["subscribed"] for one in found["channels"].values()) == found["total"]["subscribed"]
    assert len(found["sample"]) == 2

    (tmp_path / "vips.json").write_text(VIPS)
    shown = typed_here(*mine, "--predicate", f"@{tmp_path / 'vips.json'}", **servers)
    assert shown.returncode == 0, shown.stderr
    assert "can be reached" in shown.stdout

    for arguments, words in (
        (("--predicate", VIPS.replace("eq", "like")), "use one of exists"),
        (("--predicate", "{"), "--predicate"),
        ((), "--segment and --predicate"),
        (("--segment", str(uuid4())), "no such segment"),
    ):
        failed = typed_here(*mine, *arguments, **servers)
        assert failed.returncode not in (0, 70), failed.stderr
        assert words in failed.stderr
        assert "Traceback" not in failed.stderr
