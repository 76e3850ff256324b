"""Doorbells on JetStream: `dispatch.<lane>.<channel>`, one fixed durable consumer each, nothing that must survive.

The stream persists asynchronously (`persist_mode: async`, nats-server 2.12 and later): it holds nothing that
PostgreSQL does not. It is made anew whenever it is missing, and everything released is rung again after that.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import Error as JetStreamError

from application.ports.doorbells import Heard, Ring
from application.ports.log_context import listed
from application.ports.tracing import (
    LINKS,
    NO_TRACES,
    TRACEPARENT,
    Facts,
    Kind,
    TraceContext,
    Tracer,
    Trail,
    parse_trail,
    trail_text,
)
from domain.shared.channels import Channel, Lane

log = logging.getLogger(__name__)

MAX_RINGS = 1_000_000
ACK_WAIT_SECONDS = 10
_TROUBLE = (nats.errors.Error, JetStreamError, OSError, TimeoutError)


class JetStreamDoorbells:
    """Implements `Doorbells`, `DoorbellListener` and `StreamWatch` of `application.ports.doorbells`."""

    def __init__(
        self, client: Client, *, prefix: str = "", replicas: int = 1, tracer: Tracer = NO_TRACES
    ) -> None:
        """`prefix` keeps streams of several installations on one NATS apart; with replicas the stream is in memory."""
        self._client = client
        self._jetstream: JetStreamContext = client.jetstream(timeout=2)
        self._stream = f"{prefix}dispatch"
        self._prefix = prefix
        self._replicas = replicas
        self._tracer = tracer
        self._subscriptions: dict[tuple[Lane, Channel], JetStreamContext.PullSubscription] = {}
        self._seen: tuple[str, int] | None = None
        self._reconnects = 0
        self._outstanding: int | None = None

    async def ensure_stream(self) -> None:
        """Make the stream if it is missing. Raise a NATS error when it cannot be made."""
        config: dict[str, object] = {
            "name": self._stream,
            "subjects": [f"{self._prefix}dispatch.>"],
            "retention": "workqueue",
            "storage": "file" if self._replicas == 1 else "memory",
            "num_replicas": self._replicas,
            "max_msgs": MAX_RINGS,
            "discard": "old",
            "max_age": 3600 * 10**9,
        }
        if self._replicas == 1:
            config["persist_mode"] = "async"
        await self._request(f"STREAM.CREATE.{self._stream}", config)

    async def ring(self, rings: Sequence[Ring]) -> None:
        try:
            for ring in rings:
                await self._ring(ring)
        except _TROUBLE as error:
            log.warning(
                "%d doorbells were not rung: %s; the reconciler rings again",
                len(rings),
                error,
                extra={"chunk_ids": listed(ring.chunk_id for ring in rings)},
            )

    async def _ring(self, ring: Ring) -> None:
        subject = self._subject(ring.lane, ring.channel)
        if not ring.trail or not self._tracer.on:
            await self._client.publish(subject, ring.chunk_id.bytes)
            return
        facts: Facts = {
            "messaging.system": "nats",
            "signal.chunk_id": str(ring.chunk_id),
            "signal.lane": ring.lane.wire,
        }
        with self._tracer.start("release", Kind.PRODUCER, parents=ring.trail, facts=facts) as span:
            headers = trace_headers(span.context, ring.trail[1:])
            await self._client.publish(subject, ring.chunk_id.bytes, headers=headers)

    async def listen(self, lane: Lane, channel: Channel, at_most: int, wait: float) -> Sequence[Heard]:
        try:
            subscription = await self._subscription(lane, channel)
            messages = await subscription.fetch(at_most, timeout=wait)
        except TimeoutError:  # nats-py raises its own, which is one, or asyncio's
            return ()
        except _TROUBLE as error:
            log.warning("doorbells cannot be heard: %s", error)
            await self._forget(lane, channel)
            await asyncio.sleep(0.25)
            return ()
        return [
            Heard(UUID(bytes=message.data), message, trail_of(message.headers) if message.headers else ())
            for message in messages
            if len(message.data) == 16
        ]

    async def acknowledge(self, heard: Sequence[Heard]) -> None:
        for one in heard:
            if isinstance(one.receipt, Msg):
                with contextlib.suppress(*_TROUBLE):
                    await one.receipt.ack()

    @property
    def outstanding(self) -> int | None:
        return self._outstanding

    async def was_wiped(self) -> bool:
        self._outstanding = None
        try:
            answer = await self._request(f"STREAM.INFO.{self._stream}", None)
        except _Missing:
            with contextlib.suppress(*_TROUBLE, _Missing):
                await self.ensure_stream()
            self._seen = None
            return True
        except _TROUBLE:
            return False
        state = answer["state"]
        assert isinstance(state, dict)
        created, last = str(answer["created"]), int(state["last_seq"])
        self._outstanding = int(state["messages"])
        before, self._seen = self._seen, (created, last)
        reconnects = self._client.stats["reconnects"]
        again, self._reconnects = reconnects != self._reconnects, reconnects
        return again or (before is not None and (before[0] != created or last < before[1]))

    async def close(self) -> None:
        """Stop listening."""
        for lane, channel in list(self._subscriptions):
            await self._forget(lane, channel)

    def _subject(self, lane: Lane, channel: Channel) -> str:
        return f"{self._prefix}dispatch.{lane.wire}.{channel.wire}"

    async def _subscription(self, lane: Lane, channel: Channel) -> JetStreamContext.PullSubscription:
        known = self._subscriptions.get((lane, channel))
        if known is not None:
            return known
        await self.ensure_stream()
        durable = f"{self._prefix}{lane.wire}_{channel.wire}"
        subject = self._subject(lane, channel)
        config = ConsumerConfig(
            durable_name=durable,
            filter_subject=subject,
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=ACK_WAIT_SECONDS,
            max_ack_pending=10_000,
        )
        subscription = await self._jetstream.pull_subscribe(
            subject, durable=durable, stream=self._stream, config=config, pending_msgs_limit=4_096
        )
        self._subscriptions[lane, channel] = subscription
        return subscription

    async def _forget(self, lane: Lane, channel: Channel) -> None:
        subscription = self._subscriptions.pop((lane, channel), None)
        if subscription is not None:
            with contextlib.suppress(*_TROUBLE):
                await subscription.unsubscribe()

    async def _request(self, verb: str, config: Mapping[str, object] | None) -> Mapping[str, object]:
        """Ask JetStream's API directly: nats-py's StreamConfig does not know `persist_mode`."""
        body = b"" if config is None else json.dumps(config).encode()
        reply = await self._client.request(f"$JS.API.{verb}", body, timeout=2)
        answer: dict[str, object] = json.loads(reply.data)
        error = answer.get("error")
        if isinstance(error, dict):
            if error.get("err_code") == 10059:
                raise _Missing
            if error.get("err_code") != 10058:
                raise nats.errors.Error(str(error.get("description")))
        return answer


def trace_headers(released: TraceContext | None, links: Trail) -> dict[str, str] | None:
    """What a doorbell says of its trace; whoever does not know these headers does not miss them."""
    if released is None:
        return None
    text = trail_text(links)
    return {TRACEPARENT: released.header(), **({} if text is None else {LINKS: text})}


def trail_of(headers: Mapping[str, str]) -> Trail:
    """Read `trace_headers`; empty when there is nothing to be read."""
    released = TraceContext.parse(headers.get(TRACEPARENT, ""))
    return () if released is None else (released, *parse_trail(headers.get(LINKS)))


class _Missing(Exception):
    """The stream is not there (JetStream error 10059)."""
