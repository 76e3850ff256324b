"""Record what devices and providers report about messages: idempotent, in any order, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from uuid import UUID

import attrs

from application.messaging.receipt_plan import RECEIPT_TYPES, STORAGE_FULL, Verdict, plan_receipts
from application.ports.clock import Clock
from application.ports.receipts import LockedMessage, ReceiptItem, ReceiptPlan, Receipts
from application.ports.tracing import CURRENT, NO_TRACES, TraceContext, Tracer, Trail, follow
from domain.messaging.event import MessageEventType, Source, event_id
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json, check_json, check_text

MAX_RECEIPTS = 10_000
"""Receipts of one call: one transaction."""
MAX_METADATA_BYTES = 2_048
MAX_SHORT = 3
MAX_REASON = 128
OLDEST = timedelta(days=7)
NEWEST = timedelta(minutes=5)
"""Device clocks are wrong: what is outside of these around the present is moved to the edge, and kept as reported."""


@attrs.define(slots=True)
class Receipt:
    """One report about one message. Mutable only to be cheap: nobody changes one."""

    id: UUID | None
    """The reporter's own id, for its bookkeeping; what makes a receipt unique is what it says."""
    message_id: UUID
    subscription_id: UUID | None
    """Whom it was sent to; a device must say so, a provider may not know (None)."""
    event_type: MessageEventType
    occurred_at: datetime
    metadata: Mapping[str, Json] = attrs.field(factory=dict)
    reason: str | None = None


@attrs.frozen(slots=True)
class RecordCall:
    """Receipts of one reporter, checked."""

    items: Sequence[ReceiptItem]
    trace: TraceContext | None = None
    """The span of whoever reports."""


class RecordReceipts:
    """`await record(application_id, receipts, source)` answers one Verdict per receipt, in their order."""

    def __init__(self, receipts: Receipts, clock: Clock, tracer: Tracer = NO_TRACES) -> None:
        self._receipts = receipts
        self._clock = clock
        self._tracer = tracer

    async def __call__(
        self,
        application_id: UUID,
        receipts: Sequence[Receipt],
        source: Source,
        *,
        install_id: UUID | None = None,
    ) -> list[Verdict]:
        """Raise InvalidInput, naming the field, before anything is stored; Unavailable when storage is away.

        `install_id` (the install row's id): receipts for subscriptions of another install are `not_yours`.
        """
        call = self.check(application_id, receipts, source, install_id=install_id)
        (verdicts,) = await self.record([call])
        return verdicts

    def check(
        self,
        application_id: UUID,
        receipts: Sequence[Receipt],
        source: Source,
        *,
        install_id: UUID | None = None,
    ) -> RecordCall:
        """Everything that can be refused without storage; clamps the times."""
        if len(receipts) > MAX_RECEIPTS:
            raise InvalidInput(
                f"{len(receipts)} events in one call; {MAX_RECEIPTS} is the most",
                field="events",
                fix="split the call",
            )
        now = self._clock.now()
        recorded: dict[str, Json] = {"recorded_at": _text(now)}
        edges = now - OLDEST, now + NEWEST
        return RecordCall(
            [
                _item(index, receipt, application_id, source, install_id, edges, recorded)
                for index, receipt in enumerate(receipts)
            ],
            CURRENT.get(),
        )

    async def record(self, calls: Sequence[RecordCall]) -> list[list[Verdict]]:
        """Record several calls, of whatever applications, in one transaction; one list of verdicts per call."""
        floor, end = await self._receipts.bounds()
        items = [item for call in calls for item in call.items]
        trail: Trail = ()
        for call in calls:
            trail = trail if call.trace is None else follow(trail, call.trace)
        if trail and self._tracer.on:
            facts = {"signal.receipts": len(items), "signal.receipts.calls": len(calls)}
            with self._tracer.start("record receipts", parents=trail, facts=facts):
                verdicts = await self._decide(items, floor, end)
        else:
            verdicts = await self._decide(items, floor, end)
        answers, start = [], 0
        for call in calls:
            answers.append(verdicts[start : start + len(call.items)])
            start += len(call.items)
        return answers

    async def _decide(self, items: Sequence[ReceiptItem], floor: UUID, end: UUID) -> list[Verdict]:
        """An id outside the partitions never reaches the database: it could only lock all of them."""
        now = self._clock.now()
        lowest, beyond = floor.int, end.int
        verdicts: list[Verdict] = []
        known: list[int] = []
        for index, item in enumerate(items):
            number = item.message_id.int
            verdicts.append(Verdict.TOO_LATE if number < lowest else Verdict.UNKNOWN_MESSAGE)
            if lowest <= number < beyond:
                known.append(index)
        if not known:
            return verdicts
        within = [items[index] for index in known]
        found: list[Verdict] = []

        def decide(
            messages: Mapping[UUID, LockedMessage], installs: Mapping[UUID, UUID | None]
        ) -> ReceiptPlan:
            nonlocal found
            found, plan = plan_receipts(within, messages, installs, now)
            return plan

        ids = sorted({item.message_id for item in within}, key=attrgetter("int"))
        await self._receipts.apply(ids, _to_check(within), decide, now)
        for index, verdict in zip(known, found, strict=True):
            verdicts[index] = verdict
        return verdicts

    async def confirm_sends(
        self, message_ids: Sequence[UUID], metadata: Mapping[UUID, Mapping[str, Json]] | None = None
    ) -> list[Verdict]:
        """A worker that lost its lease hands on what the provider accepted: these messages were sent."""
        now = self._clock.now()
        details = metadata or {}
        items = [
            ReceiptItem(
                event_id=event_id(message_id, None, MessageEventType.SENT),
                message_id=message_id,
                event_type=MessageEventType.SENT,
                occurred_at=now,
                source=Source.WORKER,
                metadata=details.get(message_id, {}),
            )
            for message_id in message_ids
        ]
        (verdicts,) = await self.record([RecordCall(items)])
        return verdicts


def _to_check(items: Sequence[ReceiptItem]) -> list[UUID]:
    """Subscriptions whose install decides; the receipts of one call are mostly about the same."""
    found: set[UUID] = set()
    last = -1
    for item in items:
        whose = item.subscription_id
        if item.install_id is not None and whose is not None and whose.int != last:
            last = whose.int
            found.add(whose)
    return sorted(found)


def _item(
    index: int,
    receipt: Receipt,
    application_id: UUID,
    source: Source,
    install_id: UUID | None,
    edges: tuple[datetime, datetime],
    recorded: dict[str, Json],
) -> ReceiptItem:
    kind, reported = receipt.event_type, receipt.occurred_at
    if kind not in RECEIPT_TYPES or (kind is MessageEventType.SENT and source is not Source.PROVIDER):
        raise InvalidInput(
            f"{kind.wire} is not something that can be reported",
            field=f"events[{index}].type",
            fix="use received, converted, displayed, clicked, dismissed or failed",
        )
    if install_id is not None and receipt.subscription_id is None:
        raise InvalidInput("subscription_id is missing", field=f"events[{index}].subscription_id")
    if reported.tzinfo is None:
        raise InvalidInput(
            "occurred_at has no time zone",
            field=f"events[{index}].occurred_at",
            fix="use RFC 3339, for example 2026-01-01T00:00:00Z",
        )
    # One mapping for all that have nothing of their own: it is turned into text once.
    metadata = recorded
    if receipt.metadata:
        if not _are_short(receipt.metadata):
            _check_metadata(index, receipt.metadata)
        metadata = {**receipt.metadata, **recorded}
    reason = receipt.reason
    if reason is not None:
        check_text(reason, field=f"events[{index}].reason")
        reason = reason[:MAX_REASON]
    oldest, newest = edges
    occurred_at = reported
    if not oldest <= reported <= newest:
        occurred_at = oldest if reported < oldest else newest
        metadata = {**metadata, "reported_at": _text(reported)}
    return ReceiptItem(
        event_id(receipt.message_id, receipt.subscription_id, kind, _said(receipt, occurred_at)),
        receipt.message_id,
        kind,
        occurred_at,
        source,
        application_id,
        receipt.subscription_id,
        install_id,
        reason,
        metadata,
    )


def _said(receipt: Receipt, occurred_at: datetime) -> bytes:
    """A full device says so at every start: a fact of each day anew, where everything else is said once a message."""
    if receipt.event_type is MessageEventType.FAILED and str(receipt.metadata.get("code")) == STORAGE_FULL:
        return occurred_at.astimezone(UTC).date().isoformat().encode()
    return b""


def _check_metadata(index: int, metadata: Mapping[str, Json]) -> None:
    field = f"events[{index}].metadata"
    check_json(metadata, field=field)
    size = len(json.dumps(dict(metadata), ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_METADATA_BYTES:
        raise InvalidInput(
            f"{field} is {size} bytes as JSON; {MAX_METADATA_BYTES} is the most",
            field=field,
            fix="shorten it",
        )


def _are_short(metadata: Mapping[str, Json]) -> bool:
    """A few words of printable ASCII and codes: nothing to refuse in them, and no need to measure them."""
    if len(metadata) > MAX_SHORT:
        return False
    for name, value in metadata.items():
        if not (len(name) <= 128 and name.isascii() and name.isprintable()):
            return False
        if isinstance(value, str):
            if not (len(value) <= 128 and value.isascii() and value.isprintable()):
                return False
        elif not (isinstance(value, int) and -1_000 < value < 1_000):
            return False
    return True


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
