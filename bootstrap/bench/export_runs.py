"""Exports of many messages as the scheduler writes them: rows a second, and how much memory it takes."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from bootstrap.bench.cpu import resident_mb
from bootstrap.bench.progress import Stage, Stages
from bootstrap.bench.rig import Rig
from bootstrap.bench.tenant import Desk

ROWS_AT_ONCE = 50_000
LOOK_EVERY = 0.1
WAITS = 600.0
_FILL = """
INSERT INTO message (id, application_id, subscription_id, content_id, chunk_id, reservation_id, channel, type, lane, status,
                     attempts, sent_at, received_at)
SELECT uuidv7(), $1, gen_random_uuid(), $2, $2, $2, 1, 1 + n % 2, 1, 4, 1, now(), now() FROM generate_series(1, $3) AS n
"""


async def exports(rig: Rig, desk: Desk, rows: int, stages: Stages) -> dict[str, object]:
    """Give an application so many settled messages, then have each form of file written."""
    tenant = rig.mixed
    connection = await asyncpg.connect(rig.state.database_url)
    try:
        with stages.stage(f"making {rows:,} messages", rows) as stage:
            await _fill(connection, UUID(tenant.application_id), rows, stage)
        await connection.execute("VACUUM (ANALYZE) message")
    finally:
        await connection.close()
    issued = desk.call(
        "POST",
        f"/v1/applications/{tenant.application_id}/keys",
        {"label": "exports", "scopes": ["exports:write"]},
    )
    found: dict[str, object] = {}
    for format in ("csv", "ndjson", "parquet"):
        with stages.stage(f"writing {format}") as stage:
            found[format] = await _written(rig, desk, str(issued["api_key"]), format)
    return found


async def _fill(connection: asyncpg.Connection, application_id: UUID, rows: int, stage: Stage) -> None:
    done = 0
    while done < rows:
        n = min(ROWS_AT_ONCE, rows - done)
        await connection.execute(_FILL, application_id, UUID(int=0), n)
        done += n
        stage.advance(n)


async def _written(rig: Rig, desk: Desk, key: str, format: str) -> dict[str, object]:
    scheduler = rig.stack.roles["scheduler"].pid
    before, most = resident_mb(scheduler), 0.0
    asked = desk.call("POST", "/v1/exports", {"subject": "messages", "format": format}, key)
    until = asyncio.get_running_loop().time() + WAITS
    found: dict[str, Any] = asked
    while found["state"] not in ("ready", "failed"):
        if asyncio.get_running_loop().time() > until:
            raise TimeoutError(f"the export is {found['state']} after {WAITS:g} s")
        await asyncio.sleep(LOOK_EVERY)
        most = max(most, resident_mb(scheduler))
        found = await asyncio.to_thread(desk.call, "GET", f"/v1/exports/{asked['id']}", None, key)
    if found["state"] == "failed":
        raise RuntimeError(f"the export failed: {found['failure']}")
    began, ended = (datetime.fromisoformat(found[name]) for name in ("started_at", "ended_at"))
    seconds = (ended - began).total_seconds()
    return {
        "rows": found["rows"],
        "bytes": found["bytes"],
        "seconds": round(seconds, 2),
        "rows_per_second": round(found["rows"] / max(seconds, 0.001)),
        "scheduler_rss_mb_before": round(before, 1),
        "scheduler_rss_mb_max": round(most, 1),
    }
