"""A chunk of several calls: each trace sees its own part, and the chunk names all of them, on real servers."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator

import attrs
import pytest
import pytest_asyncio

from adapters.jetstream.connection import open_nats
from adapters.jetstream.doorbells import JetStreamDoorbells
from adapters.postgres.accept import PostgresAcceptStore
from adapters.telemetry.tracing import BATCH, QUEUE, OtlpTracer
from application.messaging.accept_group import AcceptGroup, Call
from application.ports.doorbells import Ring
from application.ports.tracing import CURRENT, TraceContext
from domain.shared.channels import Channel, Lane
from tests.collector import Collector, Seen
from tests.integration.pipeline.workshop import Workshop, command


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as found:
        yield found


@pytest.fixture
def tracer(collector: Collector) -> Iterator[OtlpTracer]:
    tracer = OtlpTracer(collector.url, role="test", instance="1", headers={}, share=1.0)
    yield tracer
    tracer.close()


@pytest_asyncio.fixture
async def bells(nats_url: str, stream_prefix: str, tracer: OtlpTracer) -> AsyncIterator[JetStreamDoorbells]:
    client = await open_nats(nats_url)
    doorbells = JetStreamDoorbells(client, prefix=stream_prefix, tracer=tracer)
    await doorbells.ensure_stream()
    yield doorbells
    await doorbells.close()
    await client.close()


def caller() -> TraceContext:
    return TraceContext(secrets.token_hex(16), secrets.token_hex(8), sampled=True)


async def test_a_chunk_of_two_calls_is_a_child_of_the_first_and_linked_to_the_other(
    shop: Workshop, bells: JetStreamDoorbells, tracer: OtlpTracer, collector: Collector
) -> None:
    """Both traces have an accept span; the doorbell's headers name the release and the other call; an untraced one has none."""
    application = await shop.application()
    profile = await shop.profiles.of(application)
    assert profile is not None
    subscriptions = await shop.subscriptions(application, 3)
    store = PostgresAcceptStore(shop.kept_plans, shop.ids)
    group = AcceptGroup(store, bells, shop.clock, shop.ids, shop.sealed_variables.seal, tracer)
    first, second = caller(), caller()
    # The same content and due time, so that all three share one chunk.
    commands = [attrs.evolve(command(application, [one])) for one in subscriptions]
    await group(
        [Call(one, profile, trace) for one, trace in zip(commands, (first, second, None), strict=True)]
    )
    chunk = await shop.connection.fetchrow("SELECT id, n, trace FROM dispatch_chunk")
    (heard,) = await bells.listen(Lane.BULK, Channel.PUSH, 10, 2) or await bells.listen(
        Lane.TRANSACTIONAL, Channel.PUSH, 10, 2
    )
    await asyncio.to_thread(tracer.close)
    spans = {(one.name, one.trace_id): one for one in collector.spans}
    accepted = [spans["accept", one.trace_id] for one in (first, second)]
    assert [one.parent_id for one in accepted] == [first.span_id, second.span_id]
    released = spans["release", first.trace_id]
    assert released.parent_id == accepted[0].span_id
    assert released.links == ((second.trace_id, accepted[1].span_id),)
    assert len(collector.spans) == 3
    assert chunk["n"] == 3
    assert chunk["trace"].count("-01") == 2
    assert [(one.trace_id, one.span_id) for one in heard.trail] == [
        (first.trace_id, released.span_id),
        (second.trace_id, accepted[1].span_id),
    ]


async def test_a_trace_goes_on_when_its_chunk_is_released_later(shop: Workshop, tracer: OtlpTracer) -> None:
    """The row remembers where it comes from: a scheduler that releases it, or rings it again, rings on behalf of the same trace."""
    application = await shop.application()
    (subscription,) = await shop.subscriptions(application, 1)
    profile = await shop.profiles.of(application)
    assert profile is not None
    store = PostgresAcceptStore(shop.kept_plans, shop.ids)
    group = AcceptGroup(store, shop.bells, shop.clock, shop.ids, shop.sealed_variables.seal, tracer)
    who = caller()
    await shop.connection.execute(
        "INSERT INTO system_state (name, value, updated_at) VALUES ('hold', '{}', now())"
    )
    await group([Call(command(application, [subscription]), profile, who)])
    assert shop.bells.rings == []
    await shop.connection.execute("DELETE FROM system_state")
    (released,) = await shop.queue.release(shop.clock.now())
    (again,) = await shop.queue.unheard(shop.clock.now(), shop.clock.now())
    assert [one.trace_id for ring in (released, again) for one in ring.trail] == [who.trace_id] * 2


async def test_a_doorbell_of_before_tracing_is_heard_as_ever(
    bells: JetStreamDoorbells, shop: Workshop
) -> None:
    """No headers, headers of another version, headers that are nonsense: the chunk is heard, and belongs to no trace."""
    ids = shop.ids.many(3)
    await bells.ring([Ring(Lane.BULK, Channel.PUSH, ids[0])])
    subject = bells._subject(Lane.BULK, Channel.PUSH)
    for id_, header in zip(ids[1:], (f"ff-{'a' * 32}-{'b' * 16}-01", "nonsense"), strict=True):
        await bells._client.publish(subject, id_.bytes, headers={"traceparent": header})
    heard = await bells.listen(Lane.BULK, Channel.PUSH, 10, 2)
    assert [(one.chunk_id, one.trail) for one in heard] == [(id_, ()) for id_ in ids]


def test_a_collector_that_hangs_costs_a_bounded_queue(collector: Collector, tracer: OtlpTracer) -> None:
    """While nobody takes them, spans beyond the queue are dropped; what fits arrives when the collector is back."""
    collector.pause.clear()
    for number in range(3 * QUEUE):
        with tracer.start("busy", facts={"number": number}):
            assert CURRENT.get() is not None
    collector.pause.set()
    collector.wait_for(lambda spans: len(spans) >= QUEUE)
    tracer.close()
    assert QUEUE <= len(collector.spans) <= QUEUE + 2 * BATCH


def test_what_failed_says_the_type_and_not_the_text(collector: Collector, tracer: OtlpTracer) -> None:
    """The message of an exception may hold anything."""
    with pytest.raises(ValueError, match="token"), tracer.start("broken"):
        raise ValueError("token abc")
    tracer.close()

    def told(one: Seen) -> tuple[bool, object]:
        return one.failed, one.facts["error.type"]

    assert [told(one) for one in collector.spans] == [(True, "ValueError")]
    assert b"token abc" not in collector.posts[0][2]
