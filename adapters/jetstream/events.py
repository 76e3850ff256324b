"""Message events out: `signal.events.<application>.<kind>`, a stream that keeps a week and a bounded size."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator, Sequence

from nats.aio.client import Client
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NoStreamResponseError

from adapters.jetstream.connection import TROUBLE, ensure_stream
from application.ports.event_stream import OutboxRow

log = logging.getLogger(__name__)

VERSION = 1
MAX_AGE_SECONDS = 7 * 86_400
MAX_BYTES = 1024**3
AT_ONCE = 50
"""Messages on their way to the stream at a time."""
ACK_SECONDS = 5.0
_HEADROOM = 1_024
"""Bytes of a NATS message that the headers may take."""


class JetStreamEventStream:
    """Implements `application.ports.event_stream.EventStream`."""

    def __init__(
        self, client: Client, *, prefix: str = "", max_bytes: int = MAX_BYTES, replicas: int = 1
    ) -> None:
        """`prefix` keeps installations on one NATS apart; the oldest events go when `max_bytes` are reached."""
        self._client = client
        self._jetstream = client.jetstream(timeout=ACK_SECONDS)
        self._prefix = prefix
        self._config = StreamConfig(
            name=f"{prefix}signal_events",
            description="Message events, at least once, for the applications' own systems",
            subjects=[f"{prefix}signal.events.>"],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.OLD,
            max_age=MAX_AGE_SECONDS,
            max_bytes=max_bytes,
            duplicate_window=120,
            num_replicas=replicas,
        )

    async def ensure(self) -> None:
        """Make the stream if it is missing. Raise a NATS error when it cannot be made."""
        await ensure_stream(self._jetstream, self._config)

    async def publish(self, rows: Sequence[OutboxRow]) -> Sequence[int]:
        stored: list[int] = []
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            answers = await asyncio.gather(*(self._publish_row(row) for row in some), return_exceptions=True)
            failed = [answer for answer in answers if isinstance(answer, BaseException)]
            for answer in failed:
                if not isinstance(answer, TROUBLE):
                    raise answer
            stored.extend(
                row.id
                for row, answer in zip(some, answers, strict=True)
                if not isinstance(answer, BaseException)
            )
            if failed:
                log.warning("%d outbox rows were not published: %s", len(rows) - len(stored), failed[0])
                if any(isinstance(answer, NoStreamResponseError) for answer in failed):
                    await self._make_anew()
                break
        return stored

    async def _publish_row(self, row: OutboxRow) -> None:
        subject = f"{self._prefix}signal.events.{row.application_id}.{row.kind}"
        limit = self._client.max_payload - _HEADROOM
        # Unique for good: an identity column starts anew with a new database, its clock does not.
        name = f"{row.application_id}/{row.id}/{row.created_at.timestamp()}"
        for number, document in enumerate(documents(row, limit)):
            await self._jetstream.publish(
                subject, document, stream=self._config.name, headers={"Nats-Msg-Id": f"{name}/{number}"}
            )

    async def _make_anew(self) -> None:
        try:
            await self.ensure()
        except TROUBLE as error:
            log.warning("the stream of events cannot be made: %s", error)


def documents(row: OutboxRow, limit: int) -> Iterator[bytes]:
    """The row as one envelope, or as several when it is larger than `limit` bytes.

    A single event beyond the limit travels without its metadata, marked `metadata_dropped`.
    """
    whole = _envelope(row, row.payload)
    if len(whole) <= limit:
        yield whole
        return
    waiting = [json.loads(row.payload)]
    while waiting:
        events = waiting.pop()
        document = _envelope(row, json.dumps(events, ensure_ascii=False, separators=(",", ":")))
        if len(document) <= limit:
            yield document
        elif len(events) > 1:
            middle = len(events) // 2
            waiting += [events[middle:], events[:middle]]
        else:
            bare = [{**events[0], "metadata": {}, "metadata_dropped": True}]
            yield _envelope(row, json.dumps(bare, ensure_ascii=False, separators=(",", ":")))


def _envelope(row: OutboxRow, events: str) -> bytes:
    text = f'{{"v":{VERSION},"application_id":"{row.application_id}","kind":"{row.kind}","events":{events}}}'
    return text.encode()
