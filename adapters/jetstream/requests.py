"""Requests in: a work queue on `signal.send` in file storage, results for an hour, and what was parked.

The queue takes every subject of the form `signal.<one word>`, `signal.send.…` and `signal.campaigns.…`, so that a misspelt
one is parked with the reason instead of vanishing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

import attrs
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)

from adapters.jetstream.connection import TROUBLE, ensure_stream
from domain.shared.errors import Unavailable

log = logging.getLogger(__name__)

DURABLE = "signal_send"
ACK_WAIT_SECONDS = 60
MAX_DELIVER = 20
"""The server's own bound, above the entry point's: the entry point parks, which the server cannot."""
STORE_SECONDS = 5.0
_HEADROOM = 1_024


@attrs.frozen(slots=True)
class RequestLimits:
    """Sizes of the three streams, in bytes; JetStream sets this much of its storage aside."""

    max_request: int = 4 * 1024 * 1024
    """One request, headers included."""
    requests: int = 512 * 1024 * 1024
    """A full queue refuses new requests, which the publisher sees."""
    results: int = 128 * 1024 * 1024
    parked: int = 64 * 1024 * 1024
    result_seconds: int = 3_600


class JetStreamDelivery:
    """Implements `application.ports.request_queue.Delivery`."""

    def __init__(self, message: Msg, prefix: str) -> None:
        self._message = message
        self._prefix = prefix

    @property
    def subject(self) -> str:
        return self._message.subject.removeprefix(self._prefix)

    @property
    def payload(self) -> bytes:
        return self._message.data

    @property
    def headers(self) -> Mapping[str, str]:
        return self._message.headers or {}

    @property
    def deliveries(self) -> int:
        return int(self._message.metadata.num_delivered)

    @property
    def sequence(self) -> int:
        return int(self._message.metadata.sequence.stream)

    async def acknowledge(self) -> None:
        """A lost acknowledgement only repeats the delivery, whose result is the same."""
        try:
            await self._message.ack()
        except TROUBLE as error:
            log.warning("a request was not acknowledged and comes again: %s", error)

    async def again(self, delay: float) -> None:
        try:
            await self._message.nak(delay=delay)
        except TROUBLE as error:
            log.warning("a request comes again only after %d seconds: %s", ACK_WAIT_SECONDS, error)


class JetStreamRequests:
    """Implements `application.ports.request_queue.RequestQueue`."""

    def __init__(
        self, client: Client, *, prefix: str = "", limits: RequestLimits | None = None, replicas: int = 1
    ) -> None:
        """`prefix` keeps installations on one NATS apart."""
        self._client = client
        self._jetstream = client.jetstream(timeout=STORE_SECONDS)
        self._prefix = prefix
        limits = limits or RequestLimits()
        self._requests = StreamConfig(
            name=f"{prefix}signal_requests",
            description="Requests until they are accepted",
            subjects=[f"{prefix}signal.*", f"{prefix}signal.send.>", f"{prefix}signal.campaigns.>"],
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_bytes=limits.requests,
            max_msg_size=limits.max_request,
            num_replicas=replicas,
        )
        self._results = StreamConfig(
            name=f"{prefix}signal_results",
            description="Results of send requests, one per request id",
            subjects=[f"{prefix}signal.results.>"],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.OLD,
            max_bytes=limits.results,
            max_age=limits.result_seconds,
            max_msgs_per_subject=1,
            num_replicas=replicas,
        )
        self._parked = StreamConfig(
            name=f"{prefix}signal_parked",
            description="Requests that nobody can serve, with the reason",
            subjects=[f"{prefix}signal.parked.>"],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.OLD,
            max_bytes=limits.parked,
            num_replicas=replicas,
        )
        self._subscription: JetStreamContext.PullSubscription | None = None

    @property
    def largest_document(self) -> int:
        return self._client.max_payload - _HEADROOM

    async def ensure(self) -> None:
        """Make the three streams if they are missing. Raise a NATS error when one cannot be made."""
        for config in (self._results, self._parked, self._requests):
            await ensure_stream(self._jetstream, config)

    async def fetch(self, at_most: int, wait: float) -> Sequence[JetStreamDelivery]:
        try:
            subscription = await self._subscribed()
            messages = await subscription.fetch(at_most, timeout=wait)
        except TimeoutError:  # nats-py raises its own, which is one, or asyncio's
            return ()
        except TROUBLE as error:
            log.warning("requests cannot be fetched: %s", error)
            await self.close()
            await asyncio.sleep(0.5)
            return ()
        return [JetStreamDelivery(message, self._prefix) for message in messages]

    async def answer(self, request_id: str, result: bytes) -> None:
        await self._store(self._results, f"signal.results.{request_id}", result)

    async def park(self, reason: str, sequence: int, document: bytes) -> None:
        await self._store(
            self._parked, f"signal.parked.{reason}", document, {"Nats-Msg-Id": f"parked/{sequence}"}
        )

    async def close(self) -> None:
        """Stop fetching; what was fetched and not acknowledged is delivered again."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            try:
                await subscription.unsubscribe()
            except TROUBLE as error:
                log.info("the subscription ended with the connection: %s", error)

    async def _subscribed(self) -> JetStreamContext.PullSubscription:
        if self._subscription is None:
            await self.ensure()
            self._subscription = await self._jetstream.pull_subscribe(
                "",
                durable=DURABLE,
                stream=self._requests.name,
                # No filter: changing the one of a durable consumer narrows it silently.
                config=ConsumerConfig(
                    durable_name=DURABLE,
                    ack_policy=AckPolicy.EXPLICIT,
                    deliver_policy=DeliverPolicy.ALL,
                    ack_wait=ACK_WAIT_SECONDS,
                    max_deliver=MAX_DELIVER,
                    max_ack_pending=1_000,
                ),
            )
        return self._subscription

    async def _store(
        self, stream: StreamConfig, subject: str, document: bytes, headers: dict[str, str] | None = None
    ) -> None:
        try:
            await self._jetstream.publish(
                f"{self._prefix}{subject}", document, stream=stream.name, headers=headers
            )
        except TROUBLE as error:
            raise Unavailable(f"NATS did not store a document: {type(error).__name__}") from error
