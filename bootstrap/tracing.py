"""Tracing as the settings say: to a collector, or not at all."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator

from application.ports.measures import Figure
from application.ports.tracing import NO_TRACES, Tracer
from bootstrap.settings import Settings, parse_headers
from domain.shared.errors import InvalidInput


def tracer_of(settings: Settings, role: str) -> Tracer:
    """Raise InvalidInput when a collector is set and what speaks to it is not installed."""
    if not settings.otlp_endpoint:
        return NO_TRACES
    try:
        # Here, because a process without tracing need neither have it nor wait for its import.
        from adapters.telemetry.tracing import OtlpTracer
    except ModuleNotFoundError as missing:
        raise InvalidInput(
            f"OTEL_EXPORTER_OTLP_ENDPOINT is set, but {missing.name} is not installed",
            field="OTEL_EXPORTER_OTLP_ENDPOINT",
            fix="install automata-signal[tracing], or leave the setting out",
        ) from missing
    return OtlpTracer(
        settings.otlp_endpoint,
        role=role.removeprefix("automata-signal "),
        instance=f"{socket.gethostname()}-{os.getpid()}",
        headers=parse_headers(settings.otlp_headers.get_secret_value()),
        share=settings.trace_share,
    )


def traced_figures(tracer: Tracer) -> Iterator[Figure]:
    """What became of spans; nothing while tracing is off."""
    if tracer.on:
        from adapters.telemetry.tracing import OtlpTracer

        assert isinstance(tracer, OtlpTracer)
        yield from tracer.figures()


async def close_tracer(tracer: Tracer) -> None:
    """Let the last spans leave, for a few seconds at most."""
    if tracer.on:
        from adapters.telemetry.tracing import OtlpTracer

        assert isinstance(tracer, OtlpTracer)
        await asyncio.to_thread(tracer.close)
