"""Publish message events to the stream that customers' systems read: at least once, in the order of the outbox;
what was published is then owed to webhooks, in the transaction that removes it from the outbox."""

from __future__ import annotations

from application.ports.event_stream import EventStream, Outbox

BATCH = 200


class PublishEvents:
    """`await publish(limit)` empties up to `limit` outbox rows into the stream; a step of the scheduler."""

    def __init__(self, outbox: Outbox, stream: EventStream) -> None:
        self._outbox = outbox
        self._stream = stream

    async def __call__(self, limit: int = BATCH) -> int:
        """How many rows were published and removed; fewer than were read when the stream is away.

        A crash between publishing and removing repeats rows. Raise Unavailable when PostgreSQL is away.
        """
        rows = await self._outbox.oldest(limit)
        if not rows:
            return 0
        stored = await self._stream.publish(rows)
        if stored:
            done = set(stored)
            await self._outbox.hand_on([row for row in rows if row.id in done])
        return len(stored)
