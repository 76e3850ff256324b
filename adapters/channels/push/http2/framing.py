"""The bytes of a connection as frames: cut out of what comes in, gathered before they go out.

What the frames mean is told by whoever inherits this: a subclass, not a partner, because each push passes here four times and
a call costs as much as what it does.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Final

from adapters.channels.push.http2 import frames as wire
from adapters.channels.push.http2.frames import Code, ProtocolViolation

LARGEST_BLOCK: Final = 64 * 1024


class FramedProtocol(asyncio.Protocol, ABC):
    """Reads and writes frames; joins header blocks, answers PINGs, and refuses what breaks the protocol."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.closed = False
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._rest = b""
        self._block: tuple[int, int, list[bytes]] | None = None
        self._heard_at = self._loop.time()
        self._pinged_at: float | None = None

    def data_received(self, data: bytes) -> None:
        if self.closed:
            return
        self._heard_at = self._loop.time()
        self._pinged_at = None
        if self._rest:
            data = self._rest + data
        at, end = 0, len(data)
        try:
            while end - at >= wire.HEAD:
                size = data[at] << 16 | data[at + 1] << 8 | data[at + 2]
                if size > wire.LARGEST_FRAME:
                    raise ProtocolViolation(Code.FRAME_SIZE_ERROR, "a frame larger than allowed")
                stop = at + wire.HEAD + size
                if stop > end:
                    break
                stream = wire.number(data, at + 5)
                self._frame(data[at + 3], data[at + 4], stream, data[at + wire.HEAD : stop])
                at = stop
            self._rest = data[at:]
        except ProtocolViolation as violation:
            self._violated(violation)

    def _frame(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if self._block is not None and kind != wire.CONTINUATION:
            raise ProtocolViolation(Code.PROTOCOL_ERROR, "a header block was interrupted")
        if kind == wire.HEADERS:
            block = wire.without_padding(flags, payload)
            if flags & wire.END_HEADERS:
                self._headers(number, flags, block)
            else:
                self._block = (number, flags, [block])
        elif kind == wire.DATA:
            self._data(flags, number, payload)
        elif kind == wire.CONTINUATION:
            self._continued(flags, number, payload)
        elif kind == wire.RST_STREAM:
            self._reset(number, wire.number(payload))
        elif kind == wire.WINDOW_UPDATE:
            self._window_update(number, wire.number(payload))
        elif kind == wire.SETTINGS:
            if not flags & wire.ACK:
                self._settings(payload)
        elif kind == wire.PING:
            if not flags & wire.ACK:
                self._write(wire.frame(wire.PING, wire.ACK, 0, payload))
        elif kind == wire.GOAWAY:
            self._goaway(wire.number(payload))
        elif kind == wire.PUSH_PROMISE:
            raise ProtocolViolation(Code.PROTOCOL_ERROR, "pushes were switched off")

    def _continued(self, flags: int, number: int, payload: bytes) -> None:
        if self._block is None or self._block[0] != number:
            raise ProtocolViolation(Code.PROTOCOL_ERROR, "a continuation of nothing")
        _, first, parts = self._block
        parts.append(payload)
        if sum(map(len, parts)) > LARGEST_BLOCK:
            raise ProtocolViolation(Code.ENHANCE_YOUR_CALM, "a header block without end")
        if flags & wire.END_HEADERS:
            self._block = None
            self._headers(number, first, b"".join(parts))

    def _write(self, text: bytes) -> None:
        """What is written within one turn of the loop leaves in one system call and one TLS record."""
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(text)

    def _flush(self) -> None:
        out, self._out = self._out, []
        if self._transport is not None and not self.closed:
            self._transport.write(b"".join(out))

    @abstractmethod
    def _headers(self, number: int, flags: int, block: bytes) -> None:
        """A whole header block of a stream; `flags` of the frame that began it."""

    @abstractmethod
    def _data(self, flags: int, number: int, payload: bytes) -> None: ...

    @abstractmethod
    def _reset(self, number: int, code: int) -> None: ...

    @abstractmethod
    def _window_update(self, number: int, more: int) -> None: ...

    @abstractmethod
    def _settings(self, payload: bytes) -> None:
        """The peer's; not its acknowledgement of ours."""

    @abstractmethod
    def _goaway(self, last: int) -> None: ...

    @abstractmethod
    def _violated(self, violation: ProtocolViolation) -> None:
        """The peer broke the protocol."""
