"""Statistic deltas: written beside what they count, in its transaction; folded into hourly figures elsewhere (rule A5).

One row stands for all messages of a transaction that share every dimension. What a message is of (template, country, app
version) is known where it was loaded; where it was not, it is looked up here for all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from adapters.postgres.id_spans import spans
from adapters.postgres.partitions import leaves
from application.ports.leased_chunk import Traits
from domain.analytics.dimension import LONGEST_VERSION, NOTHING
from domain.shared.json_values import Json

UNKNOWN: Final[Traits] = (None, None, None, None)
REASON_LENGTH: Final = 200

_COLUMNS: Final = (
    "application_id", "hour", "type", "event_type", "reason", "campaign_id", "template_id", "provider", "country",
    "app_version", "open_class", "n", "seconds", "damaged",
)  # fmt: skip
_FEW: Final = 8
"""So many rows go as parameters of one statement, which is kept for each number of them; more by COPY. Measured for one and for
six rows: 67 and 77 µs of PostgreSQL's time, by COPY 112 and 91, as arrays of columns 69 and 119."""
_TRAITS: Final = """
SELECT m.id, m.campaign_id, m.content_id, s.country_code, s.app_version FROM message m
LEFT JOIN subscription s ON s.id = m.subscription_id WHERE m.id = ANY($1::uuid[]) AND m.id BETWEEN $2 AND $3
"""
_TEMPLATES: Final = """
SELECT id, template FROM {leaf} WHERE id = ANY($1::uuid[]) AND template IS NOT NULL
"""


class Counted(NamedTuple):
    """What the messages of one delta have in common."""

    application_id: UUID
    hour: datetime
    type: int
    event_type: int
    reason: str
    provider: str
    traits: Traits
    open_class: int = 0


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def made_at(id_: UUID) -> datetime:
    """The time part of a UUIDv7 (RFC 9562 section 5.7)."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)


async def insert_deltas(
    connection: asyncpg.Connection,
    counts: Mapping[Counted, int],
    seconds: Mapping[Counted, float] | None = None,
    damaged: Mapping[tuple[UUID, int], int] | None = None,
) -> None:
    """`seconds`: what the times to open of the counted add up to. `damaged`: tokens of (application, type) that a mix-up could
    explain."""
    times, left = seconds or {}, dict(damaged or {})
    records = [
        (*_values(key), n, times.get(key, 0.0), left.pop((key.application_id, key.type), 0))
        for key, n in counts.items()
    ]
    if len(records) > _FEW:
        await connection.copy_records_to_table("stat_delta", columns=_COLUMNS, records=records)
    elif records:
        await connection.execute(_insert(len(records)), *chain.from_iterable(records))


@lru_cache(maxsize=_FEW)
def _insert(n: int) -> str:
    width = len(_COLUMNS)
    rows = [", ".join(f"${row * width + at}" for at in range(1, width + 1)) for row in range(n)]
    return f"INSERT INTO stat_delta ({', '.join(_COLUMNS)}) VALUES ({'), ('.join(rows)})"  # noqa: S608


def _values(key: Counted) -> tuple[object, ...]:
    campaign_id, template_id, country, version = key.traits
    return (
        key.application_id, key.hour, key.type, key.event_type, key.reason[:REASON_LENGTH],
        campaign_id or NOTHING, template_id or NOTHING, key.provider, country or "",
        (version or "")[:LONGEST_VERSION], key.open_class,
    )  # fmt: skip


async def traits_of(connection: asyncpg.Connection, message_ids: Iterable[UUID]) -> dict[UUID, Traits]:
    """Of messages that were not loaded for sending: expired, canceled, timed out."""
    rows = [
        row
        for some in spans(sorted(set(message_ids)))
        for row in await connection.fetch(_TRAITS, some, some[0], some[-1])
    ]
    templates = await templates_of(connection, {row["content_id"] for row in rows})
    return {
        row["id"]: (
            row["campaign_id"],
            templates.get(row["content_id"]),
            row["country_code"],
            row["app_version"],
        )
        for row in rows
    }


def template_of(marked: Mapping[str, Json] | None) -> UUID | None:
    """What a content says of its template; None for one of its own, and for what is no id."""
    try:
        return None if marked is None else UUID(str(marked.get("id")))
    except ValueError:
        return None


async def templates_of(connection: asyncpg.Connection, content_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Content → its template, of those that have one."""
    return {
        row["id"]: found
        for leaf, some in leaves("content", sorted(set(content_ids)))
        for row in await connection.fetch(_TEMPLATES.format(leaf=leaf), some)
        if (found := template_of(row["template"])) is not None
    }


class TemplateMemory:
    """Which template a content is of: it never changes, and many messages share one."""

    ROOM: Final = 10_000

    def __init__(self) -> None:
        self._known: dict[UUID, UUID | None] = {}

    async def of(
        self, connection: asyncpg.Connection, content_ids: Sequence[UUID]
    ) -> Mapping[UUID, UUID | None]:
        missing = {id_ for id_ in content_ids if id_ not in self._known}
        if missing:
            if len(self._known) + len(missing) > self.ROOM:
                self._known = {id_: self._known[id_] for id_ in content_ids if id_ in self._known}
            found = await templates_of(connection, missing)
            self._known.update({id_: found.get(id_) for id_ in missing})
        return self._known
