"""A restored backup starts in hold: what was sent after the backup would be sent again.

Which server holds the database is written down in it (`system_state`, row `installation`). A dump that was restored, a
copy, and a base backup that came up on another timeline carry a note that does not fit the server they are in.
While the row `hold` exists nothing is released; accepting goes on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime

import asyncpg
import attrs

log = logging.getLogger(__name__)

LOCK = 0x5167_0100
"""Advisory lock: nodes that start together look one after the other."""

# The timeline of the log that is written now; pg_control_checkpoint() lags behind a promotion. Dropping and restoring
# the tables in place changes the table's oid, restoring into another database of the same server the database's.
_IDENTITY = """
SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system,
       (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) AS database,
       'system_state'::regclass::oid::bigint AS relation,
       ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int AS timeline
"""
_NOTE = """
INSERT INTO system_state (name, value, updated_at) VALUES ($1, $2, now())
ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
"""
# What was released or leased when the backup was taken goes back into the queue, out of reach of old doorbells.
_PARK = "UPDATE dispatch_chunk SET state = 0, worker = NULL, fence = fence + 1 WHERE state <> 0"
_WAITING = """
SELECT coalesce((SELECT sum(n) FROM dispatch_chunk), 0) + (SELECT count(*) FROM message_retry)
"""

MEANINGS = {
    "system": "another PostgreSQL server",
    "database": "another database",
    "relation": "tables that were made anew",
    "timeline": "another timeline, after a promotion or a restore to a point in time",
}


@attrs.frozen
class Hold:
    """Why and since when nothing is sent, and how many messages wait."""

    reason: str
    since: datetime
    waiting: int


async def check_installation(connection: asyncpg.Connection, *, hold_on_timeline_change: bool) -> str | None:
    """Put the installation on hold when its database was restored; answer the reason, or None.

    Called before a node does anything. Without the right to ask for the server's identity only the rest is compared.
    """
    identity = await _identity(connection)
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        known = await _value(connection, "installation")
        changed = [
            name
            for name, value in identity.items()
            if known is not None and value is not None and known.get(name) not in (None, value)
        ]
        if changed == ["timeline"] and not hold_on_timeline_change:
            changed = []
        if known != identity:
            await connection.execute(_NOTE, "installation", json.dumps(identity))
        if not changed:
            return None
        reason = "the database was restored: it is in " + ", and in ".join(MEANINGS[name] for name in changed)
        await connection.execute(_NOTE, "hold", json.dumps({"reason": reason}))
        parked = await connection.execute(_PARK)
    log.critical(
        "ON HOLD, nothing is sent: %s; %s chunks went back into the queue. What was sent after the backup would be"
        " sent again. See `automata-signal hold status`, go on with `automata-signal hold release`",
        reason,
        parked.split()[-1],
    )
    return reason


async def read_hold(connection: asyncpg.Connection) -> Hold | None:
    """The hold that is in force, or None."""
    row = await connection.fetchrow("SELECT value, updated_at FROM system_state WHERE name = 'hold'")
    if row is None:
        return None
    reason = str(_decoded(row["value"]).get("reason", ""))
    return Hold(reason, row["updated_at"], int(await connection.fetchval(_WAITING)))


async def release_hold(connection: asyncpg.Connection) -> bool:
    """Let sending go on; answer whether there was a hold."""
    return (await connection.execute("DELETE FROM system_state WHERE name = 'hold'")) == "DELETE 1"


async def _identity(connection: asyncpg.Connection) -> dict[str, object]:
    try:
        row = await connection.fetchrow(_IDENTITY)
    except asyncpg.InsufficientPrivilegeError:
        log.warning(
            "this role may not ask for the server's identity: a restored backup is noticed less surely"
        )
        without = _IDENTITY.replace(
            "(SELECT system_identifier::text FROM pg_control_system())", "NULL"
        ).replace("('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int", "NULL")
        row = await connection.fetchrow(without)
    assert row is not None
    return dict(row)


async def _value(connection: asyncpg.Connection, name: str) -> Mapping[str, object] | None:
    value = await connection.fetchval("SELECT value FROM system_state WHERE name = $1", name)
    return None if value is None else _decoded(value)


def _decoded(value: object) -> Mapping[str, object]:
    """A jsonb value, from a connection with SQLAlchemy's codec or without one."""
    found = json.loads(value) if isinstance(value, str) else value
    assert isinstance(found, dict)
    return found
