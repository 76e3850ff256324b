"""Header blocks (HPACK, RFC 7541) without a dynamic table: a block says all by itself.

Requests are literals, so that their fixed part is bytes that are made once. Answers come without references to a
dynamic table because the connection asks for one of size 0 (SETTINGS_HEADER_TABLE_SIZE), which a server must heed.
"""

from __future__ import annotations

from collections.abc import Iterable

from hpack import Decoder, HPACKError

POST_HTTPS = b"\x83\x87"
""":method: POST and :scheme: https, entries 3 and 7 of the static table."""
_STATUS = {0x88: 200, 0x89: 204, 0x8A: 206, 0x8B: 304, 0x8C: 400, 0x8D: 404, 0x8E: 500}
"""Entries 8 to 14 of the static table."""
_NAMES = {
    ":authority": 1,
    ":path": 4,
    "authorization": 23,
    "content-length": 28,
    "content-type": 31,
    "user-agent": 58,
}
_SECRET = frozenset({"authorization"})
"""Never indexed, also not by a proxy on the way (RFC 7541 section 6.2.3)."""
LARGEST_LIST = 32 * 1024
"""Bytes of an answer's headers at most, decoded."""


def literal(name: str, value: bytes) -> bytes:
    """One header field as a literal without Huffman coding; `name` in lower case."""
    kind = 0x10 if name in _SECRET else 0x00
    index = _NAMES.get(name)
    if index is not None:
        return _integer(index, 4, kind) + _integer(len(value), 7) + value
    text = name.encode()
    return bytes([kind]) + _integer(len(text), 7) + text + _integer(len(value), 7) + value


def literals(fields: Iterable[tuple[str, bytes]]) -> bytes:
    """Several header fields."""
    return b"".join([literal(name, value) for name, value in fields])


def value(text: bytes) -> bytes:
    """A value as it stands in a literal, for whoever has the name's bytes already (`name_of`)."""
    size = len(text)
    return (bytes((size,)) if size < 127 else _integer(size, 7)) + text


def name_of(name: str) -> bytes:
    """What comes before the value of a literal."""
    return literal(name, b"")[:-1]


def read_status(block: bytes) -> int:
    """The status of an answer; most are one byte that is looked up. Raise ValueError when there is none."""
    status = _STATUS.get(block[0]) if block else None
    if status is not None:
        return status
    name, text = next(iter(read_headers(block)), ("", ""))
    if name != ":status" or not (text.isascii() and text.isdigit() and len(text) == 3):
        raise ValueError("the header block does not begin with a status")
    return int(text)


def read_headers(block: bytes) -> list[tuple[str, str]]:
    """All headers of an answer. Raise ValueError for a block that is malformed, too large or refers to a table."""
    decoder = Decoder(max_header_list_size=LARGEST_LIST)
    # The size changes to 0 at the start of the first block; our decoder begins anew with each.
    decoder.max_allowed_table_size = 4_096
    try:
        return [(str(name), str(text)) for name, text in decoder.decode(block, raw=False)]
    except (HPACKError, UnicodeDecodeError) as error:
        raise ValueError("the header block cannot be read") from error


def _integer(number: int, prefix: int, first: int = 0) -> bytes:
    """RFC 7541 section 5.1."""
    limit = (1 << prefix) - 1
    if number < limit:
        return bytes((first | number,))
    out = [first | limit]
    number -= limit
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
