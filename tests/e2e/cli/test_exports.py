"""`exports` as an operator types it: asked for, followed, fetched; what is wrong is told with its next step and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from bootstrap.bench.segment_audience import make_audience
from tests.e2e.cli.runs import automata_signal, typed_here
from tests.servers import apart

READY = """
WITH made AS (
    UPDATE export SET state = 'ready', rows = 2, bytes = 12, parts = 2, done_share = 1, ended_at = now(), expires_at = now() + interval '1 day'
    WHERE id = $1 RETURNING id)
INSERT INTO export_part SELECT id, part.number, part.piece FROM made, (VALUES (0, convert_to(E'id,a\\n', 'UTF8')), (1, convert_to(E'1,2\\n3,4', 'UTF8'))) AS part (number, piece)
"""


@pytest.fixture
def application(database_url: str) -> UUID:
    """An application with ten subscriptions."""

    async def make() -> UUID:
        connection = await asyncpg.connect(database_url)
        try:
            return await make_audience(connection, 10)
        finally:
            await connection.close()

    return apart(make())


def test_a_file_is_asked_for_followed_and_fetched(
    database_url: str, nats_url: str, tmp_path: Path, application: UUID
) -> None:
    """Its pieces are one file, under its name only when all of it is there; a file that is there is not written over."""
    servers = {"DATABASE_URL": database_url, "NATS_URL": nats_url, "SIGNAL_DATA_FOLDER": str(tmp_path)}
    mine = ("--application", str(application))
    asked = automata_signal("exports", "create", *mine, "--subject", "subscriptions", "--json", **servers)
    assert asked.returncode == 0, asked.stderr
    export = json.loads(asked.stdout)
    assert (export["state"], export["subject"], export["format"]) == ("waiting", "subscriptions", "csv")
    file = tmp_path / "subscriptions.csv"
    fetch = ("exports", "download", *mine, "--export", export["id"], "--output", str(file))
    early = typed_here(*fetch, **servers)
    assert early.returncode == 1
    assert "waiting" in early.stderr
    assert not file.exists()

    async def finish() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute(READY, UUID(export["id"]))
        finally:
            await connection.close()

    apart(finish())
    fetched = typed_here(*fetch, "--json", **servers)
    assert fetched.returncode == 0, fetched.stderr
    assert file.read_bytes() == b"id,a\n1,2\n3,4"
    assert sorted(path.name for path in tmp_path.glob("*.part")) == []
    shown = typed_here("exports", "status", *mine, **servers)
    assert "ready" in shown.stdout
    assert "100%" in shown.stdout

    for arguments, words in (
        (("download", *fetch[2:]), "--force"),
        (("create", *mine, "--subject", "secrets"), "messages, recipients"),
    ):
        failed = typed_here("exports", *arguments, **servers)
        assert failed.returncode not in (0, 70), failed.stderr
        assert words in failed.stderr
        assert "Traceback" not in failed.stderr
