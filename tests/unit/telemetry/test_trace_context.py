"""The contexts of traces: read as W3C writes them, followed within bounds, shown in log lines, never leaked to neighbours."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from application.messaging.group_commit import GroupCommit
from application.ports.log_context import REQUEST_ID
from application.ports.tracing import (
    CURRENT,
    MAX_TRAIL,
    NO_TRACES,
    TraceContext,
    Trail,
    follow,
    parse_trail,
    trail_text,
)
from bootstrap.log_setup import add_context
from bootstrap.settings import Settings, parse_headers
from bootstrap.tracing import tracer_of
from tests.house.tree import ROOT

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def context(number: int, *, sampled: bool = True) -> TraceContext:
    return TraceContext(TRACE, f"{number:016x}", sampled)


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f" 00-{TRACE}-{SPAN}-01 ", True),
        (f"cc-{TRACE}-{SPAN}-01-what-comes-later", True),
    ],
)
def test_a_traceparent_is_read_also_of_later_versions(header: str, sampled: bool) -> None:
    """The examples of https://www.w3.org/TR/trace-context/; it is passed on as version 00."""
    found = TraceContext.parse(header)
    assert found == TraceContext(TRACE, SPAN, sampled)
    assert TraceContext.parse(found.header()) == found


@pytest.mark.parametrize(
    "header",
    [
        "", "00", f"00-{TRACE}-{SPAN}", f"00-{TRACE.upper()}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE}x-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0g", "\x00" * 55,
    ],
)  # fmt: skip
def test_what_is_no_traceparent_is_as_if_it_were_missing(header: str) -> None:
    """The standard says to go on without, never to refuse the request."""
    assert TraceContext.parse(header) is None


def test_a_trail_is_bounded_and_prefers_what_is_recorded() -> None:
    """Each caller once, sixteen at most; one that is not recorded gives way and is never added to those that are."""
    trail: Trail = follow((), context(1, sampled=False))
    assert [one.sampled for one in trail] == [False]
    for number in range(2, 40):
        trail = follow(follow(trail, context(number)), context(number))
    trail = follow(trail, context(99, sampled=False))
    assert trail == tuple(context(number) for number in range(2, 2 + MAX_TRAIL))
    text = trail_text(trail)
    assert text is not None
    assert len(text) < 1_000
    assert parse_trail(text) == trail
    assert (trail_text(()), parse_trail(None), parse_trail("x,,y")) == (None, (), ())


def test_log_lines_carry_the_trace_while_there_is_one() -> None:
    """Under the names that OpenTelemetry gives them."""
    before = CURRENT.set(context(7))
    line = add_context(logging.getLogger("test"), "info", {"event": "x"})
    CURRENT.reset(before)
    assert (line["trace_id"], line["span_id"]) == (TRACE, f"{7:016x}")
    assert "trace_id" not in add_context(logging.getLogger("test"), "info", {"event": "x"})


async def test_work_for_one_caller_is_about_it_and_work_for_several_about_none() -> None:
    """A group's task would otherwise inherit the request and the trace of whoever came first."""
    seen: list[tuple[str | None, TraceContext | None]] = []

    async def work(items: Sequence[int]) -> Sequence[int]:
        seen.append((REQUEST_ID.get(), CURRENT.get()))
        return items

    async def call(group: GroupCommit[int, int], number: int) -> int:
        REQUEST_ID.set(f"request-{number}")
        CURRENT.set(context(number))
        return await group.submit(number)

    group = GroupCommit(work, window=0.01)
    assert await asyncio.gather(*(asyncio.create_task(call(group, n)) for n in (1, 2))) == [1, 2]
    assert await asyncio.create_task(call(group, 3)) == 3
    assert seen == [(None, None), ("request-3", context(3))]


def test_without_a_collector_nothing_is_traced_and_nothing_loaded() -> None:
    """Whatever else OpenTelemetry's variables say; the SDK is not even imported by a role."""
    settings = Settings.model_validate({"OTEL_TRACES_SAMPLER_ARG": "0.5"})
    assert tracer_of(settings, "api") is NO_TRACES
    program = "import sys, bootstrap.run_role, bootstrap.http_server; print([m for m in sys.modules if m.startswith('opentelemetry.sdk')])"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "no-value"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1,b c=2"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=%0d%0aevil"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
        ("SIGNAL_NATS_MONITORS", "nats-1:8222"),
        ("SIGNAL_NATS_MONITORS", "http://nats-1:8222/varz"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    """At the start, with the variable's name."""
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({name: value})


def test_headers_for_the_collector_are_read_as_opentelemetry_writes_them() -> None:
    """Percent-encoded, names without case."""
    assert parse_headers("Authorization=Bearer%20abc, x-scope = shop ,") == {
        "authorization": "Bearer abc",
        "x-scope": "shop",
    }
    assert parse_headers("") == {}
