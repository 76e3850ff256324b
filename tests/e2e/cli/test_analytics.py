"""`analytics` as an operator types it: figures for people and machines, and a proof with an exit code."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.e2e.cli.runs import automata_signal, typed_here
from tests.servers import apart

pytestmark = pytest.mark.slow

MADE_UP = """
INSERT INTO stat_hourly (application_id, hour, type, event_type, n) VALUES ($1, date_trunc('hour', now()), 1, 1, 3)
"""


@pytest.fixture
def application(database_url: str) -> UUID:
    """An application whose figures tell of three messages that never were."""
    id_ = uuid4()

    async def make() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute(
                "INSERT INTO application (id, name, created_at, updated_at) VALUES ($1, 'shop', now(), now())",
                id_,
            )
            await connection.execute(MADE_UP, id_)
        finally:
            await connection.close()

    apart(make())
    return id_


def test_figures_are_told_and_made_up_ones_are_found(
    database_url: str, nats_url: str, tmp_path: Path, application: UUID
) -> None:
    """The table in Korean, the same figures as JSON, and exit code 1 of the recount with what it found."""
    servers = {"DATABASE_URL": database_url, "NATS_URL": nats_url, "SIGNAL_DATA_FOLDER": str(tmp_path)}
    mine = ("--application", str(application))
    shown = automata_signal("--lang", "ko", "analytics", "totals", *mine, "--by", "channel", **servers)
    assert shown.returncode == 0, shown.stderr
    assert "발송" in shown.stdout
    assert "push" in shown.stdout
    told = typed_here("analytics", "series", *mine, "--json", **servers)
    points = json.loads(told.stdout)["points"]
    assert sum(point["figures"]["sent"] for point in points) == 3
    wrong = typed_here("analytics", "check", *mine, "--json", **servers)
    assert wrong.returncode == 1, wrong.stderr
    proof = json.loads(wrong.stdout)
    assert (proof["exact"], proof["mismatches"][0]["counted"], proof["mismatches"][0]["found"]) == (
        False,
        3,
        0,
    )
