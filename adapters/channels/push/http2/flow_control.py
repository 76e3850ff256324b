"""Requests go out as far as the peer has room for them: a window for each stream, and one for all of them.

Source: RFC 9113, section 5.2.
"""

from __future__ import annotations

import asyncio

from adapters.channels.push.http2 import frames as wire
from adapters.channels.push.http2.answers import Answer, AnswerLost, NotProcessed
from adapters.channels.push.http2.frames import Code, ProtocolViolation
from adapters.channels.push.http2.framing import FramedProtocol


class Stream:
    """One request under way: what of its body waits for room, and what is there of its answer."""

    __slots__ = ("block", "body", "deadline", "future", "unsent", "window")

    def __init__(self, future: asyncio.Future[Answer], deadline: float, window: int) -> None:
        self.future = future
        self.deadline = deadline
        self.window = window
        self.unsent = b""
        self.block: bytes | None = None
        self.body = b""

    def fail(self, error: NotProcessed | AnswerLost) -> None:
        """No answer will come; whoever gave up waiting hears nothing."""
        if not self.future.done():
            self.future.set_exception(error)


class FlowControlledProtocol(FramedProtocol):
    """Keeps the streams and both kinds of windows; a body that does not fit waits for more room."""

    def __init__(self) -> None:
        super().__init__()
        self._streams: dict[int, Stream] = {}
        self._window = wire.DEFAULT_WINDOW
        self._stream_window = wire.DEFAULT_WINDOW
        self._blocked: dict[int, Stream] = {}

    def _window_update(self, number: int, more: int) -> None:
        if more == 0:
            raise ProtocolViolation(Code.PROTOCOL_ERROR, "a window update of nothing")
        if number == 0:
            self._window += more
            if self._window > wire.LARGEST_WINDOW:
                raise ProtocolViolation(Code.FLOW_CONTROL_ERROR, "a window larger than allowed")
        elif (stream := self._streams.get(number)) is not None:
            stream.window += more
        self._resume_blocked()

    def _resize_windows(self, size: int) -> None:
        """The peer grants each stream another window from the start, also those under way."""
        for stream in self._streams.values():
            stream.window += size - self._stream_window
        self._stream_window = size

    def _resume_blocked(self) -> None:
        for number, stream in list(self._blocked.items()):
            if self._window <= 0:
                return
            self._send_more(number, stream)

    def _send_more(self, number: int, stream: Stream) -> None:
        """As much of the body as both windows allow."""
        while stream.unsent:
            size = min(len(stream.unsent), self._window, stream.window, wire.LARGEST_FRAME)
            if size <= 0:
                self._blocked[number] = stream
                return
            piece, stream.unsent = stream.unsent[:size], stream.unsent[size:]
            self._window -= size
            stream.window -= size
            self._write(wire.frame(wire.DATA, 0 if stream.unsent else wire.END_STREAM, number, piece))
        self._blocked.pop(number, None)
