"""Serve one request: authenticate, accept or trigger, publish the result, acknowledge; park what nobody can serve.

The acknowledgement comes last. Whatever fails before it, the request comes again, and its idempotency key sees to it
that it is accepted once.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from application.campaigns.commands import TriggerCampaignCommand
from application.campaigns.trigger_campaign import Triggered
from application.messaging.accept_command import AcceptMessages, AcceptResult
from application.ports.clock import Clock
from application.ports.log_context import REQUEST_ID
from application.ports.request_queue import SEND_SUBJECT, TRIGGER_SUBJECT, Delivery, RequestQueue
from application.ports.tracing import NO_TRACES, NOTHING, TRACEPARENT, Facts, Kind, Span, TraceContext, Tracer
from domain.applications.principal import Principal
from domain.applications.scopes import Scope
from domain.shared.errors import (
    IdempotencyInProgress,
    InvalidInput,
    RateLimited,
    SignalError,
    Unavailable,
)
from entrypoints.nats.parking import parked_document, redact
from entrypoints.nats.results import accepted, refused, triggered
from entrypoints.nats.schema import Envelope, Poison, command_of, decode, readable_request_id
from entrypoints.nats.trigger_schema import TriggerEnvelope, decode_trigger, trigger_of

log = logging.getLogger(__name__)

MAX_DELIVERIES = 10
FIRST_DELAY = 1.0
LONGEST_DELAY = 120.0
"""Seconds before a request comes again, doubled each time: ten deliveries outlast an outage of six minutes."""
_TRANSIENT = (Unavailable, RateLimited, IdempotencyInProgress)

Authenticate = Callable[[str], Awaitable[Principal]]
Accept = Callable[[AcceptMessages], Awaitable[AcceptResult]]
Trigger = Callable[[TriggerCampaignCommand], Awaitable[Triggered]]


class RequestUnservable(SignalError):
    """The request cannot be served and was parked."""

    code = "request_parked"


class RequestHandler:
    """`await handle(delivery)` never raises; afterwards the request is acknowledged or comes again."""

    def __init__(
        self,
        queue: RequestQueue,
        authenticate: Authenticate,
        accept: Accept,
        clock: Clock,
        trigger: Trigger | None = None,
        tracer: Tracer = NO_TRACES,
    ) -> None:
        """Without `trigger` there is no subject for triggers."""
        self._queue = queue
        self._authenticate = authenticate
        self._accept = accept
        self._trigger = trigger
        self._clock = clock
        self._tracer = tracer

    async def __call__(self, delivery: Delivery) -> None:
        with self._span(delivery) as span:
            await self._answer(delivery, span)

    def _span(self, delivery: Delivery) -> Span:
        """Around the request, unless tracing is off; its publisher's trace goes on."""
        if not self._tracer.on:
            return NOTHING
        known = delivery.subject in (SEND_SUBJECT, TRIGGER_SUBJECT)
        parent = TraceContext.parse(delivery.headers.get(TRACEPARENT, ""))
        facts: Facts = {"messaging.system": "nats", "signal.deliveries": delivery.deliveries}
        name = delivery.subject if known else "unknown subject"
        return self._tracer.start(
            name, Kind.CONSUMER, parents=() if parent is None else (parent,), facts=facts
        )

    async def _answer(self, delivery: Delivery, span: Span) -> None:
        try:
            await self._serve(delivery)
        except _TRANSIENT as error:
            span.fail(error.code)
            await self._again(delivery, error.code)
        except Exception as error:
            # Type only: a message of an unknown error could carry the key.
            log.error("request %d failed unexpectedly: %s", delivery.sequence, type(error).__name__)
            span.fail(type(error).__name__)
            await self._again(delivery, "internal_error")

    async def _serve(self, delivery: Delivery) -> None:
        if delivery.deliveries > MAX_DELIVERIES:
            # Nobody answered for it: the process died with it, time after time.
            poison = Poison(
                "too_many_deliveries",
                f"delivered {delivery.deliveries} times without an answer",
                readable_request_id(delivery.payload),
            )
            await self._park(delivery, poison)
            return
        try:
            if delivery.subject == TRIGGER_SUBJECT and self._trigger is not None:
                asked = decode_trigger(delivery.payload)
                REQUEST_ID.set(asked.request_id)
                answer = (asked.request_id, await self._trigger_result(asked, self._trigger))
            elif delivery.subject == SEND_SUBJECT:
                envelope = decode(delivery.payload)
                REQUEST_ID.set(envelope.request_id)
                answer = (envelope.request_id, await self._result(envelope))
            else:
                detail = (
                    f"{delivery.subject[:128]} is not a subject of requests;"
                    f" publish to {SEND_SUBJECT} or {TRIGGER_SUBJECT}"
                )
                raise Poison("unknown_subject", detail, readable_request_id(delivery.payload))
        except Poison as poison:
            await self._park(delivery, poison)
            return
        await self._queue.answer(*answer)
        await delivery.acknowledge()

    async def _trigger_result(self, envelope: TriggerEnvelope, trigger: Trigger) -> bytes:
        """The result to publish. Raise only what another delivery may cure."""
        try:
            principal = await self._authenticate(envelope.key)
            principal.require(Scope.CAMPAIGNS_WRITE)
            application_id = _application(principal, envelope.application_id)
            done = await trigger(trigger_of(envelope, principal, application_id))
        except _TRANSIENT:
            raise
        except SignalError as error:
            return refused(envelope.request_id, error)
        return triggered(envelope.request_id, done)

    async def _result(self, envelope: Envelope) -> bytes:
        """The result to publish. Raise only what another delivery may cure."""
        try:
            principal = await self._authenticate(envelope.key)
            principal.require(Scope.MESSAGES_WRITE)
            command = command_of(envelope, _application(principal, envelope.application_id))
            result = await self._accept(command)
        except _TRANSIENT:
            raise
        except SignalError as error:
            return refused(envelope.request_id, error)
        return accepted(envelope.request_id, result, self._queue.largest_document)

    async def _park(self, delivery: Delivery, poison: Poison) -> None:
        document = parked_document(
            reason=poison.reason,
            detail=poison.detail,
            subject=delivery.subject,
            payload=delivery.payload,
            headers=delivery.headers,
            deliveries=delivery.deliveries,
            parked_at=self._clock.now(),
            largest=self._queue.largest_document,
        )
        await self._queue.park(poison.reason, delivery.sequence, document)
        log.warning("request %d is parked: %s", delivery.sequence, poison.reason)
        if poison.request_id is not None:
            detail = redact(poison.detail.encode()).decode(errors="replace")
            error = RequestUnservable(detail, extra={"reason": poison.reason})
            await self._queue.answer(poison.request_id, refused(poison.request_id, error))
        await delivery.acknowledge()

    async def _again(self, delivery: Delivery, code: str) -> None:
        if delivery.deliveries < MAX_DELIVERIES:
            delay = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (delivery.deliveries - 1))
            await delivery.again(delay)
            return
        poison = Poison(
            "too_many_deliveries",
            f"tried {delivery.deliveries} times, the last time: {code}",
            readable_request_id(delivery.payload),
        )
        try:
            await self._park(delivery, poison)
        except Unavailable:
            await delivery.again(LONGEST_DELAY)


def _application(principal: Principal, application_id: UUID | None) -> UUID:
    """An application key acts on its own application, an operator key on the one that the envelope names."""
    named = application_id or principal.application_id
    if named is None:
        raise InvalidInput(
            "an operator key needs an application_id", field="application_id", fix="name the application"
        )
    return principal.act_on(named)
