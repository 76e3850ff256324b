"""Traces to a collector over OTLP/HTTP, by OpenTelemetry's SDK: batched, in a thread of its own, with a bounded queue.

Nothing waits for the collector: what does not fit into the queue or is not taken within seconds is lost, and counted.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextvars import Token
from types import TracebackType
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import Span as RecordedSpan

from application.ports.measures import Figure
from application.ports.tracing import CURRENT, Facts, Kind, TraceContext

QUEUE: Final = 4_096
"""Spans that wait for the collector at most."""
BATCH: Final = 512
EVERY_MILLISECONDS: Final = 1_000
POST_SECONDS: Final = 5.0
LAST_SECONDS: Final = 2.0
"""For what is left when the process ends."""
_KINDS: Final = {
    Kind.SERVER: SpanKind.SERVER,
    Kind.CLIENT: SpanKind.CLIENT,
    Kind.PRODUCER: SpanKind.PRODUCER,
    Kind.CONSUMER: SpanKind.CONSUMER,
    Kind.INTERNAL: SpanKind.INTERNAL,
}


class OtlpSpan:
    """Implements `application.ports.tracing.Span`."""

    def __init__(self, span: RecordedSpan) -> None:
        self._span = span
        made = span.get_span_context()
        self.context = TraceContext(
            f"{made.trace_id:032x}", f"{made.span_id:016x}", bool(made.trace_flags & TraceFlags.SAMPLED)
        )
        self._before: Token[TraceContext | None] | None = None

    def note(self, facts: Facts) -> None:
        self._span.set_attributes(facts)

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def fail(self, reason: str) -> None:
        self._span.set_status(Status(StatusCode.ERROR, reason))
        self._span.set_attribute("error.type", reason)

    def end(self) -> None:
        self._span.end()

    def __enter__(self) -> OtlpSpan:
        self._before = CURRENT.set(self.context)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            CURRENT.reset(self._before)
        if kind is not None:
            self.fail(kind.__name__)
        self._span.end()


class OtlpTracer:
    """Implements `application.ports.tracing.Tracer`."""

    on = True

    def __init__(
        self, endpoint: str, *, role: str, instance: str, headers: Mapping[str, str], share: float
    ) -> None:
        """`endpoint`: base URL of the collector, `/v1/traces` is added; `share`: of new traces, 0 to 1."""
        posts = OTLPSpanExporter(
            endpoint=f"{endpoint.rstrip('/')}/v1/traces", headers=dict(headers), timeout=POST_SECONDS
        )
        self._counted = _Counted(posts)
        self._processor = BatchSpanProcessor(
            self._counted,
            max_queue_size=QUEUE,
            max_export_batch_size=BATCH,
            schedule_delay_millis=EVERY_MILLISECONDS,
        )
        about = {"service.name": "automata-signal", "service.instance.id": instance, "signal.role": role}
        provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(share)),
            resource=Resource.create(about),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("automata-signal")

    def start(
        self,
        name: str,
        kind: Kind = Kind.INTERNAL,
        *,
        parents: Sequence[TraceContext] | None = None,
        facts: Facts | None = None,
    ) -> OtlpSpan:
        if parents is None:
            current = CURRENT.get()
            parents = () if current is None else (current,)
        # A context of its own, never the library's ambient one: what is current is `CURRENT`.
        around = set_span_in_context(
            NonRecordingSpan(_named(parents[0])) if parents else NonRecordingSpan(_NOBODY)
        )
        span = self._tracer.start_span(
            name,
            context=around,
            kind=_KINDS[kind],
            attributes=facts,
            links=[Link(_named(one)) for one in parents[1:]],
        )
        return OtlpSpan(span)

    def figures(self) -> Iterator[Figure]:
        """What became of spans."""
        for outcome, n in self._counted.outcomes.copy().items():
            yield Figure("signal_trace_spans_total", n, (outcome,))

    def close(self) -> None:
        """Give what is left two seconds to leave; called from a thread, for it waits."""
        ending = threading.Thread(target=self._processor.shutdown, name="last spans", daemon=True)
        ending.start()
        ending.join(LAST_SECONDS)
        if ending.is_alive():
            # Interrupts the waits between its attempts.
            self._counted.shutdown()
            ending.join(LAST_SECONDS)


class _Counted(SpanExporter):
    """Another exporter that counts: `exported` were taken by the collector, `refused` were not and are lost."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._closed = False
        self.outcomes: Counter[str] = Counter()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        self.outcomes["exported" if result is SpanExportResult.SUCCESS else "refused"] += len(spans)
        return result

    def shutdown(self) -> None:
        if not self._closed:
            self._closed = True
            self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


_NOBODY: Final = SpanContext(0, 0, is_remote=False)


def _named(context: TraceContext) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if context.sampled else TraceFlags.DEFAULT)
    return SpanContext(int(context.trace_id, 16), int(context.span_id, 16), is_remote=True, trace_flags=flags)
