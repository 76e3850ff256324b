"""The MIME tree of a mail (RFC 2045, 2046, 2183, 2392): text always, html beside it, images related to it, files around.

    multipart/mixed( multipart/alternative( text/plain, multipart/related( text/html, images )), files )

with every level left out that has one part only. Part headers are single-spaced and unfolded where they are short, so that
they, too, are their own relaxed form. A boundary starts with `=_`, which neither base64 nor quoted-printable can hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

import attrs

from adapters.channels.email.attachments import Attachment
from adapters.channels.email.gaps import BASE64, Piece, Segment, base64_lines, encode, joined

_PARAMETER_BYTES: Final = 50
"""Bytes of a file's name in one parameter, before they are escaped (RFC 2231 section 3)."""


@attrs.frozen(slots=True)
class Part:
    """One entity: its own fields, and its encoded body, which ends with a line break or is empty."""

    fields: tuple[tuple[str, str], ...]
    pieces: tuple[Piece, ...] = attrs.field(repr=False)


def text_part(segments: Sequence[Segment], kind: str) -> Part:
    """A body of text; `kind` is plain or html."""
    encoding, pieces = encode(segments)
    fields = (("Content-Type", f"text/{kind}; charset=utf-8"), ("Content-Transfer-Encoding", encoding))
    return Part(fields, tuple(pieces))


def file_part(file: Attachment) -> Part:
    """An attachment, or with a content id an image in line."""
    disposition = "inline" if file.content_id else "attachment"
    fields = [
        ("Content-Type", file.content_type),
        ("Content-Disposition", disposition + _filename(file.filename)),
        ("Content-Transfer-Encoding", BASE64),
    ]
    if file.content_id:
        fields.append(("Content-ID", f"<{file.content_id}>"))
    return Part(tuple(fields), (base64_lines(file.content),))


def multipart(kind: str, parts: Sequence[Part]) -> Part:
    """The parts under one roof; a single one stays as it is."""
    if len(parts) == 1:
        return parts[0]
    boundary = _boundary(kind, parts)
    pieces: list[Piece] = []
    for part in parts:
        pieces.append(f"--{boundary}\r\n".encode())
        pieces.append("".join(f"{name}: {value}\r\n" for name, value in part.fields).encode() + b"\r\n")
        pieces.extend(part.pieces)
    pieces.append(f"--{boundary}--\r\n".encode())
    parameter = '; type="text/html"' if kind == "related" else ""
    fields = (("Content-Type", f'multipart/{kind}; boundary="{boundary}"{parameter}'),)
    return Part(fields, tuple(joined(pieces)))


def whole(plain: Sequence[Segment], html: Sequence[Segment] | None, files: Sequence[Attachment]) -> Part:
    """The tree of a mail."""
    readable = [text_part(plain, "plain")]
    if html is not None:
        images = [file_part(file) for file in files if file.content_id]
        readable.append(multipart("related", [text_part(html, "html"), *images]))
    attached = [file_part(file) for file in files if not file.content_id]
    return multipart("mixed", [multipart("alternative", readable), *attached])


def _boundary(kind: str, parts: Sequence[Part]) -> str:
    """The same for the same parts, another for every level."""
    seen = hashlib.blake2b(kind.encode(), digest_size=12)
    for part in parts:
        for piece in part.pieces:
            seen.update(piece if isinstance(piece, bytes) else repr(piece.parts).encode())
    return f"=_{seen.hexdigest()}"


def _filename(name: str) -> str:
    """`; filename=…`: quoted when it is ASCII, else as RFC 2231 continuations, each on a line of its own."""
    if name.isascii():
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f';\r\n filename="{escaped}"'
    encoded = name.encode()
    if len(encoded) <= _PARAMETER_BYTES:
        return f";\r\n filename*=utf-8''{quote(encoded, safe='')}"
    chunks = [encoded[start : start + 20] for start in range(0, len(encoded), 20)]
    lines = [f";\r\n filename*0*=utf-8''{quote(chunks[0], safe='')}"]
    lines += [f";\r\n filename*{index}*={quote(one, safe='')}" for index, one in enumerate(chunks) if index]
    return "".join(lines)
