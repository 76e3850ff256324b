"""One HTTP/2 connection: requests out, answers in, and for each request that gets none whether it was processed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

from adapters.channels.push.http2 import frames as wire
from adapters.channels.push.http2.answers import (
    CONNECTION_LOST,
    GOING_AWAY,
    STREAM_REFUSED,
    TIMEOUT,
    Answer,
    AnswerLost,
    NotProcessed,
)
from adapters.channels.push.http2.flow_control import FlowControlledProtocol, Stream
from adapters.channels.push.http2.frames import Code, ProtocolViolation, Setting
from adapters.channels.push.http2.header_block import read_status

OUR_SETTINGS: Final = wire.settings_frame(
    {Setting.HEADER_TABLE_SIZE: 0, Setting.ENABLE_PUSH: 0, Setting.MAX_HEADER_LIST_SIZE: 32 * 1024}
)
OUR_WINDOW: Final = 1 << 20
"""Bytes of answers that may be on their way on the whole connection; each stream keeps the default of 64 KiB, which
bounds an answer."""
STREAMS_AT_MOST: Final = 2_000
"""Of one connection, also when the peer allows more."""
LAST_STREAM: Final = 2**31 - 1
SWEEP: Final = 0.25
"""Seconds between two looks at deadlines: a request times out at most this late."""
KEEP_ALIVE: Final = 30.0
"""Seconds of silence before a PING is sent; Apple wants connections to stay open."""
PING_PATIENCE: Final = 10.0


class Connection(FlowControlledProtocol):
    """Made by `loop.create_connection`; usable when `ready` is done. All streams share one timeout."""

    def __init__(self, timeout: float, changed: Callable[[], None]) -> None:
        """`changed` is called whenever there may be room that was not there before, or the connection ended."""
        super().__init__()
        self._timeout = timeout
        self._changed = changed
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self._next_stream = 1
        self._limit: int | None = None
        self._leaving = False
        self._paused = False
        self._received = 0
        self._sweeper: asyncio.TimerHandle | None = None
        self._gone: asyncio.Future[None] = self._loop.create_future()

    @property
    def has_room(self) -> bool:
        """Whether `post` may be called."""
        limit = self._limit
        return limit is not None and len(self._streams) < limit and not self._paused and not self._leaving

    @property
    def idle(self) -> bool:
        return not self._streams

    def post(self, head: bytes, body: bytes) -> asyncio.Future[Answer]:
        """Send one request: header block and body. The future raises NotProcessed or AnswerLost. Needs `has_room`."""
        if len(head) > wire.LARGEST_FRAME:
            raise ValueError("a header block that does not fit into one frame")
        number = self._next_stream
        self._next_stream = number + 2
        if number + 2 > LAST_STREAM:
            self._leaving = True
        future = self._loop.create_future()
        stream = Stream(future, self._loop.time() + self._timeout, self._stream_window)
        self._streams[number] = stream
        self._write(wire.frame(wire.HEADERS, wire.END_HEADERS, number, head))
        size = len(body)
        if size <= self._window and size <= stream.window and size <= wire.LARGEST_FRAME:
            self._window -= size
            stream.window -= size
            self._out.append(wire.frame(wire.DATA, wire.END_STREAM, number, body))
        else:
            stream.unsent = body
            self._send_more(number, stream)
        return future

    def leave(self) -> None:
        """Take no new request; close when the last answer is there."""
        self._leaving = True
        if not self._streams:
            self.close()

    def close(self) -> None:
        """End now; requests under way raise AnswerLost."""
        self._end(Code.NO_ERROR, CONNECTION_LOST)

    async def gone(self, within: float) -> None:
        """After `close`: until both sides have let go; cut after `within` seconds."""
        if self._transport is None:
            return
        done, _ = await asyncio.wait([self._gone], timeout=within)
        if not done:
            self._transport.abort()
            await asyncio.wait([self._gone], timeout=within)

    # asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and tls.selected_alpn_protocol() != "h2":
            self._end(Code.PROTOCOL_ERROR, CONNECTION_LOST)
            return
        grown = wire.frame(wire.WINDOW_UPDATE, 0, 0, (OUR_WINDOW - wire.DEFAULT_WINDOW).to_bytes(4, "big"))
        self._write(wire.PREFACE + OUR_SETTINGS + grown)
        self._sweeper = self._loop.call_later(SWEEP, self._sweep)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(Code.NO_ERROR, CONNECTION_LOST)
        if not self._gone.done():
            self._gone.set_result(None)

    def _violated(self, violation: ProtocolViolation) -> None:
        self._end(violation.code, CONNECTION_LOST)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._changed()

    # frames in

    def _headers(self, number: int, flags: int, block: bytes) -> None:
        stream = self._streams.get(number)
        if stream is None:
            return
        if flags & wire.END_STREAM:
            # Trailers, or an answer without a body.
            self._answer(number, stream, stream.block if stream.block is not None else block)
        elif stream.block is None and not _is_interim(block):
            stream.block = block

    def _data(self, flags: int, number: int, payload: bytes) -> None:
        self._received += len(payload)
        if self._received >= OUR_WINDOW // 2:
            self._write(wire.frame(wire.WINDOW_UPDATE, 0, 0, self._received.to_bytes(4, "big")))
            self._received = 0
        stream = self._streams.get(number)
        if stream is None:
            return
        stream.body += wire.without_padding(flags & wire.PADDED, payload)
        if len(stream.body) > wire.DEFAULT_WINDOW:
            raise ProtocolViolation(Code.FLOW_CONTROL_ERROR, "an answer larger than its window")
        if flags & wire.END_STREAM:
            if stream.block is None:
                raise ProtocolViolation(Code.PROTOCOL_ERROR, "data before headers")
            self._answer(number, stream, stream.block)

    def _answer(self, number: int, stream: Stream, block: bytes) -> None:
        try:
            answer = Answer(block, stream.body)
        except ValueError as error:
            raise ProtocolViolation(Code.PROTOCOL_ERROR, str(error)) from error
        if stream.unsent:
            # An answer before the whole request: the rest is not wanted.
            self._write(_rst(number, Code.NO_ERROR))
        self._drop(number)
        if not stream.future.done():
            stream.future.set_result(answer)

    def _reset(self, number: int, code: int) -> None:
        stream = self._streams.get(number)
        if stream is None:
            return
        self._drop(number)
        refused = code == Code.REFUSED_STREAM
        stream.fail(NotProcessed(STREAM_REFUSED) if refused else AnswerLost(CONNECTION_LOST))

    def _settings(self, payload: bytes) -> None:
        limit = STREAMS_AT_MOST if self._limit is None else self._limit
        for key, number in wire.read_settings(payload):
            if key == Setting.MAX_CONCURRENT_STREAMS:
                limit = min(number, STREAMS_AT_MOST)
            elif key == Setting.INITIAL_WINDOW_SIZE:
                if number > wire.LARGEST_WINDOW:
                    raise ProtocolViolation(Code.FLOW_CONTROL_ERROR, "a window larger than allowed")
                self._resize_windows(number)
        self._limit = limit
        self._write(wire.frame(wire.SETTINGS, wire.ACK, 0))
        if not self.ready.done():
            self.ready.set_result(None)
        self._resume_blocked()
        self._changed()

    def _goaway(self, last: int) -> None:
        self._leaving = True
        for number in [one for one in self._streams if one > last]:
            stream = self._streams[number]
            self._drop(number)
            stream.fail(NotProcessed(GOING_AWAY))
        if not self._streams:
            self.close()
        self._changed()

    # the end of a stream, of patience, of the connection

    def _drop(self, number: int) -> None:
        del self._streams[number]
        self._blocked.pop(number, None)
        if self._leaving and not self._streams:
            self._loop.call_soon(self.close)
        self._changed()

    def _sweep(self) -> None:
        """Expire what is past its deadline (oldest first: all have the same patience); see whether the peer lives."""
        now = self._loop.time()
        for number, stream in list(self._streams.items()):
            if stream.deadline > now:
                break
            self._write(_rst(number, Code.CANCEL))
            self._drop(number)
            stream.fail(AnswerLost(TIMEOUT))
        if self._pinged_at is not None:
            if now - self._pinged_at > PING_PATIENCE:
                self._end(Code.NO_ERROR, CONNECTION_LOST, dead=True)
                return
        elif now - self._heard_at > KEEP_ALIVE:
            self._pinged_at = now
            self._write(wire.frame(wire.PING, 0, 0, b"as-alive"))
        if not self.closed:
            self._sweeper = self._loop.call_later(SWEEP, self._sweep)

    def _end(self, code: Code, reason: str, *, dead: bool = False) -> None:
        if self.closed:
            return
        self.closed = self._leaving = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        if self._transport is not None and dead:
            self._transport.abort()
        elif self._transport is not None:
            self._transport.write(wire.frame(wire.GOAWAY, 0, 0, bytes(4) + int(code).to_bytes(4, "big")))
            self._transport.close()
        streams, self._streams = self._streams, {}
        self._blocked.clear()
        for stream in streams.values():
            stream.fail(AnswerLost(reason))
        if not self.ready.done():
            self.ready.set_exception(NotProcessed(CONNECTION_LOST))
            self.ready.exception()
        self._changed()


def _rst(number: int, code: Code) -> bytes:
    return wire.frame(wire.RST_STREAM, 0, number, int(code).to_bytes(4, "big"))


def _is_interim(block: bytes) -> bool:
    """Whether this is a 1xx answer, after which the real one comes."""
    try:
        return 100 <= read_status(block) < 200
    except ValueError as error:
        raise ProtocolViolation(Code.PROTOCOL_ERROR, str(error)) from error
