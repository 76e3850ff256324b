"""A channel's sender that counts what its batches came to: folded once a batch, whatever the channel."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from application.ports.channels import (
    ChannelSender,
    InquiryBatch,
    MayStart,
    Poll,
    Polled,
    Report,
    SendBatch,
)
from application.ports.measures import SendMeasures
from application.ports.tracing import NO_TRACES, NOTHING, Facts, Kind, Span, Tracer
from domain.messaging.outcome import (
    Accepted,
    CredentialFault,
    Deferred,
    Finding,
    NotAttempted,
    Outcome,
    Rejected,
    Unknown,
)
from domain.shared.channels import Channel

OUTCOMES: dict[type, str] = {
    Accepted: "accepted",
    Rejected: "rejected",
    Deferred: "deferred",
    Unknown: "unknown",
    CredentialFault: "credential_fault",
    NotAttempted: "not_attempted",
}
"""The label of every outcome."""
_ATTEMPTED = (Accepted, Rejected, Deferred, Unknown)


class MeasuredSender:
    """Implements `application.ports.channels.ChannelSender` around another."""

    def __init__(
        self, channel: Channel, sender: ChannelSender, measures: SendMeasures, tracer: Tracer = NO_TRACES
    ) -> None:
        self._channel = channel.wire
        self._sender = sender
        self._measures = measures
        self._tracer = tracer

    async def send(self, batch: SendBatch, report: Report, may_start: MayStart) -> None:
        with self._span(batch) as span:
            await self._send(batch, report, may_start, span)

    def _span(self, batch: SendBatch) -> Span:
        if not self._tracer.on:
            return NOTHING
        facts: Facts = {
            "signal.channel": self._channel,
            "signal.provider": batch.credential.provider,
            "signal.messages": len(batch.envelopes),
        }
        return self._tracer.start("send", Kind.CLIENT, facts=facts)

    async def _send(self, batch: SendBatch, report: Report, may_start: MayStart, span: Span) -> None:
        kinds: list[type] = []
        latencies: list[int] = []
        clock = time.monotonic_ns
        started = clock()

        def note(index: int, outcome: Outcome) -> None:
            report(index, outcome)
            kind = type(outcome)
            kinds.append(kind)
            if kind in _ATTEMPTED:
                latencies.append((clock() - started) // 1_000_000)

        try:
            await self._sender.send(batch, note, may_start)
        finally:
            counted = {OUTCOMES[kind]: n for kind, n in Counter(kinds).items()}
            seconds = (clock() - started) / 1e9
            provider = batch.credential.provider
            self._measures.sent(self._channel, provider, counted, Counter(latencies), seconds)
            if span.context is not None:
                span.note({f"signal.outcome.{kind}": n for kind, n in counted.items()})

    async def look_up(self, batch: InquiryBatch) -> Sequence[Finding]:
        return await self._sender.look_up(batch)

    async def poll(self, poll: Poll) -> Polled:
        return await self._sender.poll(poll)

    async def close(self) -> None:
        await self._sender.close()
