"""Receipts as statistics: what moved counts once a message, in the hour in which it happened; everything else as it is told.

Counted are transitions, not events: a conversion without a receipt counts as received, too, a receipt after it no more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from adapters.postgres.id_spans import spans
from adapters.postgres.receipt_writes import Device, Heard
from adapters.postgres.statistics import Counted, TemplateMemory, hour_of, insert_deltas
from application.ports.provider_directory import ProviderDirectory
from application.ports.receipts import LockedMessage, ReceiptPlan
from domain.analytics.time_to_open import open_class
from domain.messaging.event import EVENT_OF, MessageEventType
from domain.messaging.lifecycle import Event
from domain.shared.channels import SubscriptionType

Origin = tuple[UUID | None, UUID, UUID | None]
"""Campaign, content, and the chunk it was sent in where the type does not say by whom."""

_MOVED: Final = frozenset(
    {
        MessageEventType.SENT,
        MessageEventType.FAILED,
        MessageEventType.RECEIVED,
        MessageEventType.CONVERTED,
    }
)
"""Counted by their transition; further events of these types change nothing."""
_SENT_BY: Final = """
SELECT DISTINCT ON (chunk_id) chunk_id, provider FROM sent_batch
WHERE chunk_id = ANY($1::uuid[]) AND chunk_id BETWEEN $2 AND $3 AND provider IS NOT NULL
"""
_DEVICES: Final = "SELECT id, country_code, app_version FROM subscription WHERE id = ANY($1::uuid[])"


class Senders:
    """Who sends to a subscription type: its only provider, or whoever the message's chunk was sent by."""

    def __init__(self, providers: ProviderDirectory | None) -> None:
        serving = {} if providers is None else {type_: providers.serving(type_) for type_ in SubscriptionType}
        self._only = {int(type_): names[0] for type_, names in serving.items() if len(names) == 1}
        self.ambiguous_types = sorted(int(type_) for type_, names in serving.items() if len(names) > 1)

    def only(self, type_: int) -> str:
        return self._only.get(type_, "")


class ReceiptTally:
    """Statistics of one transaction of receipts."""

    def __init__(
        self,
        messages: Mapping[UUID, LockedMessage],
        origins: Mapping[UUID, Origin],
        senders: Senders,
        templates: TemplateMemory,
    ) -> None:
        self._messages = messages
        self._origins = origins
        self._senders = senders
        self._templates = templates

    async def write(self, connection: asyncpg.Connection, plan: ReceiptPlan, heard: Heard) -> None:
        """After the plan was written: everything that is looked up here is locked or never changes."""
        happened = list(_happened(plan, heard))
        if not happened:
            return
        ids = {id_ for id_, *_ in happened}
        templates = await self._templates.of(connection, [self._origins[id_][1] for id_ in ids])
        devices = await self._devices(connection, ids, heard.devices)
        chunks = await _sent_by(connection, {self._origins[id_][2] for id_ in ids})
        counts: Counter[Counted] = Counter()
        seconds: defaultdict[Counted, float] = defaultdict(float)
        for id_, kind, when, reason in happened:
            message, (campaign_id, content_id, chunk_id) = self._messages[id_], self._origins[id_]
            type_ = int(message.type)
            time = self._time_to_open(message, plan, when) if kind is MessageEventType.CONVERTED else None
            key = Counted(
                message.application_id,
                hour_of(when),
                type_,
                int(kind),
                reason,
                self._senders.only(type_) if chunk_id is None else chunks.get(chunk_id, ""),
                (campaign_id, templates.get(content_id), *devices.get(message.subscription_id, (None, None))),
                0 if time is None else open_class(time),
            )
            counts[key] += 1
            if time is not None:
                seconds[key] += time
        await insert_deltas(connection, counts, seconds)

    async def _devices(
        self, connection: asyncpg.Connection, ids: set[UUID], known: Mapping[UUID, Device]
    ) -> Mapping[UUID, Device]:
        missing = {self._messages[id_].subscription_id for id_ in ids} - known.keys()
        if not missing:
            return known
        rows = await connection.fetch(_DEVICES, sorted(missing))
        return {**known, **{row[0]: (row[1], row[2]) for row in rows}}

    def _time_to_open(self, message: LockedMessage, plan: ReceiptPlan, when: datetime) -> float | None:
        sent_at = message.sent_at or plan.moves[Event.SEND].get(message.id)
        return None if sent_at is None else max(0.0, (when - sent_at).total_seconds())


def _happened(plan: ReceiptPlan, heard: Heard) -> Iterator[tuple[UUID, MessageEventType, datetime, str]]:
    """(message, what, when, reason), each once."""
    for event, moved in plan.moves.items():
        for id_, when in moved.items():
            yield id_, EVENT_OF[event], when, plan.fail_reasons.get(id_, "") if event is Event.FAIL else ""
    for id_, when in plan.implied.items():
        yield id_, MessageEventType.RECEIVED, when, ""
    for line in heard.fresh:
        # Without the reason: a device could invent any number of them.
        if line.event_type not in _MOVED:
            yield line.message.id, line.event_type, line.occurred_at, ""


async def _sent_by(connection: asyncpg.Connection, chunk_ids: set[UUID | None]) -> dict[UUID, str]:
    wanted = sorted(id_ for id_ in chunk_ids if id_ is not None)
    return {
        row["chunk_id"]: row["provider"]
        for some in spans(wanted)
        for row in await connection.fetch(_SENT_BY, some, some[0], some[-1])
    }
