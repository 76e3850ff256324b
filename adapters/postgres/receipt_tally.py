"""Receipts as statistics: what moved counts once a message, in the hour in which it happened; everything else as it is told.

Counted are transitions, not events: a conversion without a receipt counts as received, too, a receipt after it no more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from adapters.postgres.partitions import leaves
from adapters.postgres.receipt_writes import Device, Heard
from adapters.postgres.statistics import Counted, TemplateMemory, hour_of, insert_deltas
from application.ports.provider_directory import ProviderDirectory
from application.ports.receipts import LockedMessage, ReceiptPlan
from domain.analytics.time_to_open import open_class
from domain.messaging.event import EVENT_OF, MessageEventType
from domain.messaging.lifecycle import Event
from domain.shared.channels import SubscriptionType

_HOUR: Final = timedelta(hours=1)
_NO_DEVICE: Final[Device] = (None, None)
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
SELECT DISTINCT ON (chunk_id) chunk_id, provider FROM {leaf}
WHERE chunk_id = ANY($1::uuid[]) AND provider IS NOT NULL
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


_Happened = tuple[LockedMessage, MessageEventType, datetime, str]
"""(message, what, when, reason), each once."""
_Alike = tuple[UUID, UUID | None, UUID | None, UUID | None, int, int, datetime, str, Device, int]
"""Application, campaign, content, chunk, type, event type, hour, reason, device, time to open: cheap to compare, because the
rows of one look have their ids in common."""


async def write_tally(
    connection: asyncpg.Connection,
    plan: ReceiptPlan,
    heard: Heard,
    senders: Senders,
    templates: TemplateMemory,
) -> None:
    """Statistics of one transaction of receipts, after its plan was written: everything that is looked up here is locked
    or never changes. What has everything in common is counted first, and named by what it is of afterwards."""
    happened = list(_happened(plan, heard))
    if not happened:
        return
    devices = await _devices(connection, happened, heard.devices)
    alike, seconds = _counted(happened, devices)
    of_templates = await templates.of(connection, list({key[2] for key in alike if key[2] is not None}))
    chunks = await _sent_by(connection, {key[3] for key in alike})
    counts: Counter[Counted] = Counter()
    times: defaultdict[Counted, float] = defaultdict(float)
    for key, n in alike.items():
        application_id, campaign_id, content_id, chunk_id, type_, kind, hour, reason, device, opened = key
        provider = senders.only(type_) if chunk_id is None else chunks.get(chunk_id, "")
        template_id = None if content_id is None else of_templates.get(content_id)
        counted = Counted(
            application_id, hour, type_, kind, reason, provider, (campaign_id, template_id, *device), opened
        )
        counts[counted] += n
        if key in seconds:
            times[counted] += seconds[key]
    await insert_deltas(connection, counts, times)


def _counted(
    happened: Sequence[_Happened], devices: Mapping[UUID, Device]
) -> tuple[dict[_Alike, int], dict[_Alike, float]]:
    counts: dict[_Alike, int] = {}
    seconds: dict[_Alike, float] = {}
    hour = datetime.min.replace(tzinfo=UTC)
    for message, kind, when, reason in happened:
        if not hour <= when < hour + _HOUR:
            hour = hour_of(when)
        time = _time_to_open(message, when) if kind is MessageEventType.CONVERTED else None
        key = (
            message.application_id, message.campaign_id, message.content_id, message.sent_in, int(message.type), int(kind),
            hour, reason, devices.get(message.subscription_id, _NO_DEVICE), 0 if time is None else open_class(time),
        )  # fmt: skip
        counts[key] = counts.get(key, 0) + 1
        if time is not None:
            seconds[key] = seconds.get(key, 0.0) + time
    return counts, seconds


async def _devices(
    connection: asyncpg.Connection, happened: Iterable[_Happened], known: Mapping[UUID, Device]
) -> Mapping[UUID, Device]:
    missing = {message.subscription_id for message, *_ in happened} - known.keys()
    if not missing:
        return known
    rows = await connection.fetch(_DEVICES, sorted(missing))
    return {**known, **{row[0]: (row[1], row[2]) for row in rows}}


def _time_to_open(message: LockedMessage, when: datetime) -> float | None:
    return None if message.sent_at is None else max(0.0, (when - message.sent_at).total_seconds())


def _happened(plan: ReceiptPlan, heard: Heard) -> Iterator[_Happened]:
    for event, moves in plan.moves.items():
        kind = EVENT_OF[event]
        for message, when in moves:
            yield message, kind, when, plan.fail_reasons.get(message.id, "") if event is Event.FAIL else ""
    for message, when in plan.implied:
        yield message, MessageEventType.RECEIVED, when, ""
    for line in heard.fresh:
        # Without the reason: a device could invent any number of them.
        if line.event_type not in _MOVED:
            yield line.message, line.event_type, line.occurred_at, ""


async def _sent_by(connection: asyncpg.Connection, chunk_ids: set[UUID | None]) -> dict[UUID, str]:
    wanted = sorted(id_ for id_ in chunk_ids if id_ is not None)
    return {
        row["chunk_id"]: row["provider"]
        for leaf, some in leaves("sent_batch", wanted)
        for row in await connection.fetch(_SENT_BY.format(leaf=leaf), some)
    }
