"""The wire format of frames and settings (RFC 9113 sections 4 and 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from struct import Struct
from typing import Final

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD: Final = 9
"""Bytes of a frame's head."""
LARGEST_FRAME: Final = 16_384
"""Payload bytes that we allow a peer, and that every peer allows us."""
DEFAULT_WINDOW: Final = 65_535
LARGEST_WINDOW: Final = 2**31 - 1

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    range(10)
)

END_STREAM: Final = 0x1
ACK: Final = 0x1
END_HEADERS: Final = 0x4
PADDED: Final = 0x8
WITH_PRIORITY: Final = 0x20

_HEAD: Final = Struct(">HBBBL")
_SETTING: Final = Struct(">HL")


class Setting(IntEnum):
    """Settings that matter here."""

    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6


class Code(IntEnum):
    """Error codes that matter here."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    FLOW_CONTROL_ERROR = 3
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    ENHANCE_YOUR_CALM = 11


class ProtocolViolation(Exception):
    """The peer broke the protocol; the connection must end."""

    def __init__(self, code: Code, what: str) -> None:
        super().__init__(what)
        self.code = code


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One frame."""
    size = len(payload)
    return _HEAD.pack(size >> 8, size & 0xFF, kind, flags, stream) + payload


def settings_frame(settings: Mapping[Setting, int]) -> bytes:
    """SETTINGS with these values."""
    return frame(SETTINGS, 0, 0, b"".join([_SETTING.pack(key, number) for key, number in settings.items()]))


def read_settings(payload: bytes) -> Iterator[tuple[int, int]]:
    """(setting, value) in their order. Raise ProtocolViolation for a payload of another size."""
    if len(payload) % _SETTING.size:
        raise ProtocolViolation(Code.FRAME_SIZE_ERROR, "settings of a wrong size")
    return _SETTING.iter_unpack(payload)


def number(payload: bytes, at: int = 0) -> int:
    """Four bytes as a number without its reserved first bit."""
    return int.from_bytes(payload[at : at + 4], "big") & 0x7FFF_FFFF


def without_padding(flags: int, payload: bytes) -> bytes:
    """The payload of DATA or HEADERS without padding and priority. Raise ProtocolViolation when it is malformed."""
    if not flags & (PADDED | WITH_PRIORITY):
        return payload
    start, end = 0, len(payload)
    if flags & PADDED:
        start, end = 1, end - (payload[0] if payload else 0)
    if flags & WITH_PRIORITY:
        start += 5
    if start > end:
        raise ProtocolViolation(Code.PROTOCOL_ERROR, "padding longer than its frame")
    return payload[start:end]
