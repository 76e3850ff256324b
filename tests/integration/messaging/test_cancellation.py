"""Cancel and requeue on PostgreSQL: the queue, the ledger and the history agree afterwards."""

from __future__ import annotations

import asyncio

import pytest

from adapters.postgres.cancellation import PostgresCancellation
from adapters.postgres.messages import PostgresMessages
from application.messaging.cancel_message import CancelMessage
from application.messaging.read_message import ReadMessage
from application.messaging.requeue_message import RequeueMessage
from domain.messaging.event import MessageEventType
from domain.messaging.lifecycle import Status
from domain.shared.errors import IllegalTransition, InDelivery, NotFound
from tests.accepting import rendered
from tests.integration.messaging.rows import HELD, LEASED, RELEASED, Message, Rows


def canceller(rows: Rows) -> CancelMessage:
    cancellation = PostgresCancellation(rows.engine, rows.ids)
    return CancelMessage(cancellation, ReadMessage(PostgresMessages(rows.engine), rendered()), rows.clock)


def requeuer(rows: Rows) -> RequeueMessage:
    cancellation = PostgresCancellation(rows.engine, rows.ids)
    return RequeueMessage(cancellation, ReadMessage(PostgresMessages(rows.engine), rendered()), rows.clock)


async def claim(rows: Rows, message: Message) -> None:
    await rows.connection.execute(
        "INSERT INTO send_claim (message_id, chunk_id, fence, client_ref, claimed_at, application_id, subscription_id,"
        " reservation_id, type, lane, provider)"
        " SELECT id, chunk_id, 1, 'x', now(), application_id, subscription_id, reservation_id, type, lane, 'smtp'"
        " FROM message WHERE id = $1",
        message.id,
    )


@pytest.mark.parametrize("state", [HELD, RELEASED])
async def test_a_queued_message_leaves_its_chunk(rows: Rows, state: int) -> None:
    """The ids at the edges go with it, the reservation is released, the event and its statistics are there."""
    first, middle, last = await rows.messages(3, status=Status.PENDING, chunk=state)
    view = await canceller(rows)(first.application_id, first.id)
    assert (view.status, view.canceled_at is not None) == (Status.CANCELED, True)
    assert [event.event_type.wire for event in view.events] == ["created", "canceled"]
    chunk = await rows.connection.fetchrow("SELECT * FROM dispatch_chunk WHERE id = $1", first.chunk_id)
    assert (chunk["message_ids"], chunk["min_id"], chunk["max_id"]) == (
        [middle.id, last.id],
        middle.id,
        last.id,
    )
    assert await rows.moved(first.reservation_id, "release") == 1
    assert await rows.statistics(first.application_id) == {MessageEventType.CANCELED: 1}
    assert await rows.count("outbox", "kind = 'canceled'") == 1


async def test_the_last_message_takes_its_chunk_with_it(rows: Rows) -> None:
    """No empty chunk stays behind."""
    messages = await rows.messages(2, status=Status.PENDING, chunk=HELD)
    for message in messages:
        await canceller(rows)(message.application_id, message.id)
    assert await rows.count("dispatch_chunk") == 0
    assert await rows.moved(messages[0].reservation_id, "release") == 2


async def test_a_message_in_delivery_cannot_be_canceled(rows: Rows) -> None:
    """Its chunk is leased: InDelivery, and nothing has changed."""
    message = await rows.message(status=Status.PENDING, chunk=LEASED, fence=1)
    with pytest.raises(InDelivery):
        await canceller(rows)(message.application_id, message.id)
    assert await rows.status(message) is Status.PENDING
    assert await rows.count("message_event") == 0
    assert await rows.moved(message.reservation_id, "release") == 0


async def test_an_errored_message_loses_its_retry(rows: Rows) -> None:
    """Canceled while it waited for its next attempt."""
    message = await rows.message(status=Status.ERRORED, retry=True)
    await canceller(rows)(message.application_id, message.id)
    assert await rows.status(message) is Status.CANCELED
    assert await rows.count("message_retry") == 0
    assert await rows.moved(message.reservation_id, "release") == 1


async def test_an_unknown_outcome_cannot_be_canceled(rows: Rows) -> None:
    """The provider may have sent it: its reservation is not given back."""
    message = await rows.message(status=Status.ERRORED)
    await claim(rows, message)
    with pytest.raises(InDelivery):
        await canceller(rows)(message.application_id, message.id)
    assert await rows.status(message) is Status.ERRORED


@pytest.mark.parametrize(
    "status", [Status.SUCCESSFUL, Status.FAILED, Status.RECEIVED, Status.CONVERTED, Status.CANCELED]
)
async def test_what_is_done_cannot_be_canceled(rows: Rows, status: Status) -> None:
    """IllegalTransition, nothing released."""
    message = await rows.message(status=status)
    with pytest.raises(IllegalTransition):
        await canceller(rows)(message.application_id, message.id)
    assert await rows.status(message) is status
    assert await rows.moved(message.reservation_id, "release") == 0


async def test_other_applications_messages_cannot_be_touched(rows: Rows) -> None:
    """Cancel and requeue answer NotFound and change nothing."""
    message = await rows.message(status=Status.ERRORED, retry=True)
    other = await rows.application()
    for act in (canceller(rows), requeuer(rows)):
        with pytest.raises(NotFound):
            await act(other, message.id)
    assert await rows.count("message_retry") == 1


async def test_canceled_twice_at_once_is_released_once(rows: Rows) -> None:
    """Ten cancellations of one message: one succeeds, nine are illegal."""
    message = await rows.message(status=Status.PENDING, chunk=RELEASED)
    cancel = canceller(rows)
    answers = await asyncio.gather(
        *(cancel(message.application_id, message.id) for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(answer, IllegalTransition) for answer in answers) == 9
    assert await rows.moved(message.reservation_id, "release") == 1


async def test_neighbours_canceled_at_once_all_leave_the_chunk(rows: Rows) -> None:
    """Concurrent cancellations in one chunk: every one succeeds and the chunk is gone."""
    messages = await rows.messages(12, status=Status.PENDING, chunk=HELD)
    cancel = canceller(rows)
    await asyncio.gather(*(cancel(message.application_id, message.id) for message in messages))
    assert await rows.count("dispatch_chunk") == 0
    assert await rows.moved(messages[0].reservation_id, "release") == 12


async def test_a_cancellation_waits_for_a_lease_that_is_being_taken(rows: Rows) -> None:
    """The chunk is locked first: a lease that commits meanwhile is seen, and the message is not canceled."""
    message = await rows.message(status=Status.PENDING, chunk=RELEASED)
    async with rows.connection.transaction():
        await rows.connection.execute(
            "UPDATE dispatch_chunk SET state = 2, fence = fence + 1 WHERE id = $1", message.chunk_id
        )
        waiting = asyncio.create_task(canceller(rows)(message.application_id, message.id))
        done, _ = await asyncio.wait([waiting], timeout=0.3)
        assert not done
    with pytest.raises(InDelivery):
        await waiting


async def test_an_errored_message_is_requeued_into_a_chunk_of_its_own(rows: Rows) -> None:
    """Pending again in a held chunk of one; its retry and its claim are gone; the history says who did it."""
    message = await rows.message(status=Status.ERRORED, retry=True)
    await claim(rows, message)
    view = await requeuer(rows)(message.application_id, message.id)
    assert view.status is Status.PENDING
    assert [event.event_type.wire for event in view.events] == ["created", "retried"]
    row = await rows.row(message)
    chunk = await rows.connection.fetchrow("SELECT * FROM dispatch_chunk WHERE id = $1", row["chunk_id"])
    assert (chunk["state"], chunk["message_ids"], chunk["fence"]) == (HELD, [message.id], 0)
    assert chunk["reservation_id"] == message.reservation_id
    assert await rows.count("message_retry") == 0
    assert await rows.count("send_claim") == 0
    assert await rows.moved(message.reservation_id, "release") == 0


async def test_a_message_that_a_chunk_still_holds_is_not_requeued(rows: Rows) -> None:
    """It would be delivered twice."""
    message = await rows.message(status=Status.ERRORED, chunk=RELEASED)
    with pytest.raises(InDelivery):
        await requeuer(rows)(message.application_id, message.id)
    assert await rows.count("dispatch_chunk") == 1


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ERRORED])
async def test_only_errored_messages_can_be_requeued(rows: Rows, status: Status) -> None:
    """failed is final; pending is queued already."""
    message = await rows.message(status=status)
    with pytest.raises(IllegalTransition):
        await requeuer(rows)(message.application_id, message.id)
    assert await rows.count("dispatch_chunk") == 0
