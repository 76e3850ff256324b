"""Traces: what one request led to, from the call to the settled message, across processes. Off unless configured.

A span is about a request, a transaction, a chunk or a batch, never about one message of many. Facts are counts, names and ids;
tokens, addresses and what messages say never are. The format that travels is W3C Trace Context (https://www.w3.org/TR/trace-context/).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from enum import StrEnum
from types import TracebackType
from typing import Final, Protocol

import attrs

TRACEPARENT: Final = "traceparent"
"""The header, of HTTP and of NATS, that names the span from which something comes."""
LINKS: Final = "signal-trace-links"
"""The header of a doorbell that names spans of others whose messages are in the same chunk."""
MAX_TRAIL: Final = 16
"""Spans that a chunk remembers at most: 900 bytes."""
_PARENT: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")

Fact = str | int | float | bool
Facts = Mapping[str, Fact]


class Kind(StrEnum):
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"
    INTERNAL = "internal"


@attrs.frozen(slots=True)
class TraceContext:
    """A span as others name it."""

    trace_id: str
    """32 hexadecimal digits."""
    span_id: str
    """16 hexadecimal digits."""
    sampled: bool
    """Whether it is recorded; what comes of an unrecorded one is not recorded either."""

    def header(self) -> str:
        """The value of `traceparent`, version 00."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    @classmethod
    def parse(cls, header: str) -> TraceContext | None:
        """Read a `traceparent`; None when it is not one. Of later versions what version 00 has is read."""
        found = _PARENT.fullmatch(header.strip())
        if found is None:
            return None
        version, trace_id, span_id, flags, more = found.groups()
        if version == "ff" or (version == "00" and more) or not int(trace_id, 16) or not int(span_id, 16):
            return None
        return cls(trace_id, span_id, bool(int(flags, 16) & 1))


Trail = tuple[TraceContext, ...]
"""Where a chunk comes from: the first is what follows is a child of, the others are linked."""


def trail_text(trail: Trail) -> str | None:
    """The trail as one line; None for an empty one."""
    return ",".join(one.header() for one in trail) or None


def parse_trail(text: str | None) -> Trail:
    """Read `trail_text`; what cannot be read is left out."""
    if not text:
        return ()
    return tuple(one for part in text.split(",")[:MAX_TRAIL] if (one := TraceContext.parse(part)) is not None)


def follow(trail: Trail, more: TraceContext) -> Trail:
    """The trail with one more; recorded ones displace an unrecorded one, and nothing grows beyond `MAX_TRAIL`."""
    if more in trail or len(trail) >= MAX_TRAIL or (trail and not more.sampled):
        return trail
    return (*(one for one in trail if one.sampled), more)


CURRENT: Final[ContextVar[TraceContext | None]] = ContextVar("trace", default=None)
"""The span under way in this task; None while tracing is off."""


class Span(Protocol):
    """Entered, it is the current one; left, it ends. An exception that passes is noted by the name of its type only."""

    @property
    def context(self) -> TraceContext | None:
        """None: tracing is off."""
        ...

    def note(self, facts: Facts) -> None: ...

    def rename(self, name: str) -> None: ...

    def fail(self, reason: str) -> None:
        """`reason` is a code or the name of a type."""
        ...

    def end(self) -> None:
        """For a span that was never entered."""
        ...

    def __enter__(self) -> Span: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Tracer(Protocol):
    """Starts spans; cheap, never raises, and never waits for whoever collects them."""

    @property
    def on(self) -> bool:
        """Whether anything is recorded: what prepares a span asks first."""
        ...

    def start(
        self,
        name: str,
        kind: Kind = Kind.INTERNAL,
        *,
        parents: Sequence[TraceContext] | None = None,
        facts: Facts | None = None,
    ) -> Span:
        """Start a span. Of `parents` the first is its parent, the others are links; None: the current span; empty: a new trace."""
        ...


class NoSpan:
    """Implements `Span` and does nothing."""

    context: None = None

    def note(self, facts: Facts) -> None:
        """Forget it."""

    def rename(self, name: str) -> None:
        """Forget it."""

    def fail(self, reason: str) -> None:
        """Forget it."""

    def end(self) -> None:
        """Nothing to end."""

    def __enter__(self) -> NoSpan:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


NOTHING: Final = NoSpan()


class NoTracer:
    """Implements `Tracer` while tracing is off."""

    on = False

    def start(
        self,
        name: str,
        kind: Kind = Kind.INTERNAL,
        *,
        parents: Sequence[TraceContext] | None = None,
        facts: Facts | None = None,
    ) -> NoSpan:
        return NOTHING


NO_TRACES: Final = NoTracer()
