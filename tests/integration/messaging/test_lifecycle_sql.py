"""The SQL reader of the lifecycle table, pinned to the scalar and the batch reader on a real PostgreSQL."""

from __future__ import annotations

from domain.messaging.lifecycle import REFUSED, Event, Status, next_status, next_statuses, sources, target
from domain.shared.errors import IllegalTransition
from tests.integration.messaging.rows import Rows


async def test_all_three_readers_agree_on_every_pair(rows: Rows) -> None:
    """For each of the status × event pairs: the guarded update, next_status and next_statuses say the same."""
    (application,) = [await rows.application()]
    subscription = await rows.subscription(application)
    messages = {
        (status, event): await rows.message(
            application=application, subscriptions=[subscription], status=status
        )
        for status in Status
        for event in Event
    }
    assert len(messages) == 49
    for (status, event), message in messages.items():
        returned = await rows.connection.fetchval(
            "UPDATE message SET status = $3 WHERE id = $1 AND status = ANY($2::smallint[]) RETURNING status",
            message.id,
            [int(source) for source in sources(event)],
            int(target(event)),
        )
        try:
            scalar = int(next_status(status, event))
        except IllegalTransition:
            scalar = None
        batch = next_statuses(bytes([status]), event)[0]
        assert returned == scalar, (status, event)
        assert (None if batch == REFUSED else batch) == scalar, (status, event)
        assert await rows.status(message) == (status if scalar is None else scalar)
