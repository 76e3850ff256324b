"""Encoding with gaps: what is decoded is what was written, and the lines are ones that no relay has a reason to touch."""

from __future__ import annotations

import base64
import quopri
import re

from dkim.canonicalization import Relaxed
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.channels.email.gaps import BASE64, QUOTED_PRINTABLE, Gap, Window, encode

PLAIN = st.text(st.sampled_from(list("  .=\n\r\tab<>/:?&%")), max_size=300)
"""Mostly what quoted-printable has to take care of."""
ANY = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=100)
TOKENS = st.text("abcXYZ019-_", min_size=1, max_size=200)
GAPS = TOKENS.map(lambda token: ("gap", token))
SEGMENTS = st.one_of(
    st.lists(st.one_of(PLAIN, GAPS), max_size=8), st.lists(st.one_of(ANY, PLAIN, GAPS), max_size=8)
)


def split(parts: list[str | tuple[str, str]]) -> tuple[list[str | Gap], list[bytes], str]:
    """Segments with gaps, the values of one recipient, and the text that they make together."""
    segments: list[str | Gap] = []
    values: list[bytes] = []
    for part in parts:
        if isinstance(part, str):
            segments.append(part)
        else:
            segments.append(Gap(len(values), len(part[1])))
            values.append(part[1].encode())
    return segments, values, "".join(part if isinstance(part, str) else part[1] for part in parts)


def filled(segments: list[str | Gap], values: list[bytes]) -> tuple[str, bytes]:
    """Encoding and body of one recipient."""
    encoding, pieces = encode(segments)
    return encoding, b"".join(p.fill(values) if isinstance(p, Window) else p for p in pieces)


def decoded(encoding: str, body: bytes) -> str:
    """By the standard library."""
    raw = base64.b64decode(body) if encoding == BASE64 else quopri.decodestring(body)
    return raw.decode()


def normal(text: str) -> str:
    """Line breaks as LF; white space at the end does not count."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n ")


@given(SEGMENTS)
@example(["\r", "\n:"])
def test_what_was_written_is_what_is_read(parts: list[str | tuple[str, str]]) -> None:
    """Every text with every value, in either encoding."""
    segments, values, text = split(parts)
    encoding, body = filled(segments, values)
    assert normal(decoded(encoding, body)) == normal(text)


@given(SEGMENTS)
def test_lines_are_short_and_need_no_dot_stuffing(parts: list[str | tuple[str, str]]) -> None:
    """At most 76 characters of ASCII, CRLF only, no dot in front, the last one ended; of blanks alone nothing is left."""
    segments, values, text = split(parts)
    _, body = filled(segments, values)
    assert body.endswith(b"\r\n") == bool(normal(text))
    for line in body[:-2].split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith(b".")
        assert line.isascii()
        assert b"\r" not in line
        assert b"\n" not in line


@given(SEGMENTS)
def test_the_body_is_its_own_relaxed_form(parts: list[str | tuple[str, str]]) -> None:
    """dkimpy's canonicalization leaves it as it is, so that its hash can be taken directly."""
    segments, values, _ = split(parts)
    _, body = filled(segments, values)
    assert Relaxed.canonicalize_body(body) == body


def test_korean_becomes_base64_and_english_stays_readable() -> None:
    """Whichever is shorter."""
    assert encode(["안녕하세요, 주문이 출발했습니다."])[0] == BASE64
    encoding, pieces = encode(
        ["Your order has shipped. It will be with you tomorrow, before noon, at your door. 감사"]
    )
    assert encoding == QUOTED_PRINTABLE
    assert b"Your order has shipped." in pieces[0]  # type: ignore[operator]


def test_only_lines_with_a_gap_are_encoded_again() -> None:
    """A long text around one gap is encoded once; its window is a few lines."""
    _, pieces = encode(["가" * 20_000, Gap(0, 92), "나" * 20_000])
    windows = [piece for piece in pieces if isinstance(piece, Window)]
    assert len(windows) == 1
    raw = sum(part.length if isinstance(part, Gap) else len(part) for part in windows[0].parts)
    assert raw <= 92 + 2 * 57


def test_a_line_of_half_a_megabyte_is_encoded() -> None:
    """Minified html is one line."""
    _, body = filled(["<b>.  x</b>" * 50_000], [])
    assert not re.search(rb"(?m)^\.", body)
