"""Sent events on their way to NATS, packed: 54 bytes an event instead of 400 of JSON, because every sent message
passes here. What travels on NATS is the same JSON as for every other kind; the relay unpacks it.

A row is a head (subscription type, time in microseconds since 1970) and records of (event id, message id,
subscription id, attempt, latency in milliseconds), big-endian. Rows live for a second or so: there are no old ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from struct import Struct
from uuid import UUID

from domain.shared.channels import SubscriptionType

_HEAD = Struct(">BQ")
_RECORD = Struct(">16s16s16sHI")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

PackedRecord = tuple[UUID, UUID, UUID, int, int]
"""(event id, message id, subscription id, attempt, latency in milliseconds)."""


def pack(type_: SubscriptionType, at: datetime, records: Iterable[PackedRecord]) -> bytes:
    """One outbox row of events that share subscription type and time."""
    record = _RECORD.pack
    return _HEAD.pack(type_, (at - _EPOCH) // timedelta(microseconds=1)) + b"".join(
        [
            record(event.bytes, message.bytes, subscription.bytes, attempt, min(latency, 0xFFFF_FFFF))
            for event, message, subscription, attempt, latency in records
        ]
    )


def unpack(packed: bytes, kind: str) -> str:
    """The row as the JSON array that is published."""
    type_, microseconds = _HEAD.unpack_from(packed)
    at = (_EPOCH + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")
    tail = (
        f'","subscription_type":"{SubscriptionType(type_).wire}","type":"{kind}","occurred_at":"{at}","reason":null,'
        '"metadata":{"attempt":'
    )
    events = [
        f'{{"id":"{_text(event)}","message_id":"{_text(message)}","subscription_id":"{_text(subscription)}'
        f'{tail}{attempt},"latency_ms":{latency}}}}}'
        for event, message, subscription, attempt, latency in _RECORD.iter_unpack(packed[_HEAD.size :])
    ]
    return "[" + ",".join(events) + "]"


def _text(id_: bytes) -> str:
    """A UUID's canonical form; three times as fast as going through `UUID`."""
    digits = id_.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
