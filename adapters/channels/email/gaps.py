"""Encodes a body once for all its recipients, with gaps for what differs: the tokens in links.

A gap is ASCII that needs no escaping, and as long for everybody, so whatever lies between gaps is encoded once
(quoted-printable or base64, RFC 2045), and for each recipient only the lines that hold a gap are encoded again. No line of
the result starts with a dot, ends with white space or holds two blanks in a row: SMTP has nothing to stuff, and DKIM's
relaxed form of the body (RFC 6376 section 3.4.4) is the body itself.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Sequence
from typing import Final

import attrs

QUOTED_PRINTABLE: Final = "quoted-printable"
BASE64: Final = "base64"
LINE: Final = 76
RAW_LINE: Final = 57
"""Bytes that make a base64 line of 76."""
DENSE: Final = 6
"""One byte in so many that is not ASCII makes base64 the shorter encoding."""

_ESCAPE: Final = ord("=")
_UNSAFE: Final = re.compile(rb"[^!-<>-~ \n]|(?<=[ \n]) | (?=\n)|(?<=\n)\.|^[. ]| $")


@attrs.frozen(slots=True)
class Gap:
    """Where the `id`-th value of a recipient goes."""

    id: int
    length: int


@attrs.frozen(slots=True)
class Window:
    """Encoded lines that hold gaps: filled in for each recipient."""

    parts: tuple[bytes | Gap, ...]
    quoted: bool
    ends_line: bool = False

    def fill(self, values: Sequence[bytes]) -> bytes:
        """The lines with these values in the gaps."""
        if self.quoted:
            (gap,) = self.parts
            assert isinstance(gap, Gap)
            return soft_lines(values[gap.id], ends_line=self.ends_line)
        return base64_lines(
            b"".join(part if isinstance(part, bytes) else values[part.id] for part in self.parts)
        )


Segment = str | Gap
Piece = bytes | Window


def encode(segments: Sequence[Segment]) -> tuple[str, list[Piece]]:
    """(Content-Transfer-Encoding, the pieces of the encoded body, which ends with a line break or is empty)."""
    texts = [one if isinstance(one, Gap) else one.encode() for one in normal(segments)]
    whole = b"".join(one for one in texts if isinstance(one, bytes))
    foreign = len(whole) - len(whole.translate(None, _FOREIGN))
    if foreign * DENSE > len(whole):
        return BASE64, joined(base64_pieces(texts))
    return QUOTED_PRINTABLE, joined(quoted_pieces(texts))


_FOREIGN: Final = bytes(range(128, 256))


def normal(segments: Sequence[Segment]) -> list[Segment]:
    """Line breaks as LF, no empty lines at the end, one line break at the very end; of nothing but blanks nothing is left."""
    found: list[Segment] = []
    for one in segments:
        # Neighbours first: a line break may lie across two of them.
        if isinstance(one, str) and found and isinstance(last := found[-1], str):
            found[-1] = last + one
        else:
            found.append(one)
    found = [one if isinstance(one, Gap) else one.replace("\r\n", "\n").replace("\r", "\n") for one in found]
    while found:
        last = found[-1]
        if isinstance(last, Gap):
            break
        found.pop()
        kept = last.rstrip("\n ")
        if kept:
            found.append(kept)
            break
    return [*found, "\n"] if found else []


def quoted_pieces(segments: Iterable[bytes | Gap]) -> list[Piece]:
    """Quoted-printable; a gap stands on lines of its own, which soft breaks join to what is around."""
    pieces: list[Piece] = []
    parts = _merged(segments)
    inside = False
    for index, one in enumerate(parts):
        if isinstance(one, Gap):
            following = parts[index + 1] if index + 1 < len(parts) else b""
            ends = isinstance(following, bytes) and following.startswith(b"\n")
            pieces.append(b"=\r\n" if inside else b"")
            pieces.append(Window((one,), quoted=True, ends_line=ends))
            inside = False
            continue
        if index and one.startswith(b"\n"):
            one = one[1:]
        text = _quoted(one)
        pieces.append(text)
        inside = bool(text) and not text.endswith(b"\r\n")
    return pieces


def soft_lines(value: bytes, *, ends_line: bool = False) -> bytes:
    """A value on lines that end in soft breaks; `ends_line`: the last one in a hard one."""
    step = LINE - 1
    lines = b"=\r\n".join([value[start : start + step] for start in range(0, len(value), step)])
    return lines + (b"\r\n" if ends_line else b"=\r\n")


def _quoted(text: bytes) -> bytes:
    escaped = _UNSAFE.sub(lambda found: b"=%02X" % found[0][0], text)
    return b"\r\n".join([_wrapped(line) for line in escaped.split(b"\n")])


def _wrapped(line: bytes) -> bytes:
    """A line in pieces of at most 75 characters and a soft break; no escape is cut, none starts with a dot or a blank."""
    if len(line) < LINE:
        return line
    pieces = []
    start, first = 0, b""
    while len(first) + len(line) - start >= LINE:
        end = start + LINE - 1 - len(first)
        if line[end - 1] == _ESCAPE:
            end -= 1
        elif line[end - 2] == _ESCAPE:
            end -= 2
        pieces.append(first + line[start:end] + b"=")
        start, first = end, b""
        if line[start] in b". ":
            first = b"=%02X" % line[start]
            start += 1
    pieces.append(first + line[start:])
    return b"\r\n".join(pieces)


def base64_pieces(segments: Iterable[bytes | Gap]) -> list[Piece]:
    """Base64; only lines with a gap, or cut by one, are left to be encoded for each recipient."""
    pieces: list[Piece] = []
    open_: list[bytes | Gap] = []
    width = 0
    for one in _merged(segments):
        if isinstance(one, Gap):
            open_.append(one)
            width += one.length
            continue
        rest = one.replace(b"\n", b"\r\n")
        if open_:
            need = -width % RAW_LINE
            head, rest = rest[:need], rest[need:]
            open_.append(head)
            width += len(head)
            if width % RAW_LINE:
                continue
            pieces.append(Window(tuple(open_), quoted=False))
            open_, width = [], 0
        whole = len(rest) // RAW_LINE * RAW_LINE
        pieces.append(base64_lines(rest[:whole]))
        if whole < len(rest):
            open_, width = [rest[whole:]], len(rest) - whole
    if open_:
        pieces.append(Window(tuple(open_), quoted=False))
    return pieces


def base64_lines(raw: bytes) -> bytes:
    """Base64 in lines of 76 characters, each with its line break."""
    text = binascii.b2a_base64(raw, newline=False)
    if not text:
        return b""
    return b"\r\n".join([text[start : start + LINE] for start in range(0, len(text), LINE)]) + b"\r\n"


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbouring bytes as one piece; a window without a gap as bytes."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Window) and all(isinstance(part, bytes) for part in piece.parts):
            piece = piece.fill(())
        if isinstance(piece, bytes) and found and isinstance(found[-1], bytes):
            found[-1] += piece
        elif piece:
            found.append(piece)
    return found


def _merged(segments: Iterable[bytes | Gap]) -> list[bytes | Gap]:
    found: list[bytes | Gap] = []
    for one in segments:
        if isinstance(one, bytes) and found and isinstance(found[-1], bytes):
            found[-1] += one
        elif one:
            found.append(one)
    return found
