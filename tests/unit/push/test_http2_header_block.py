"""Header blocks: what we write, hpack reads; what hpack writes without a table, we read."""

from __future__ import annotations

import pytest
from hpack import Decoder, Encoder
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.push.http2.answers import Answer
from adapters.channels.push.http2.header_block import (
    POST_HTTPS,
    literals,
    name_of,
    read_headers,
    read_status,
    value,
)

NAMES = st.sampled_from(["authorization", "apns-id", "content-type", "content-length", "user-agent", "x-a"])
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=700).map(str.encode)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8))
def test_hpack_reads_what_we_write(fields: list[tuple[str, bytes]]) -> None:
    """Names from the static table or not, values of any length."""
    block = POST_HTTPS + literals(fields)
    decoded = Decoder(max_header_list_size=1 << 20).decode(block, raw=True)
    assert [tuple(map(bytes, pair)) for pair in decoded[:2]] == [
        (b":method", b"POST"),
        (b":scheme", b"https"),
    ]
    assert [(bytes(name).decode(), bytes(text)) for name, text in decoded[2:]] == fields


@given(NAMES, VALUES)
def test_a_name_and_a_value_made_apart_are_a_literal(name: str, text: bytes) -> None:
    """The shared part of many blocks ends with a name whose value follows."""
    assert name_of(name) + value(text) == literals([(name, text)])


def test_a_credential_is_never_indexed_by_anybody_on_the_way() -> None:
    """RFC 7541 section 6.2.3: the first four bits are 0001."""
    assert literals([("authorization", b"bearer x")])[0] >> 4 == 1


@given(st.sampled_from([200, 204, 400, 404, 500, 410, 429, 503]), VALUES)
def test_answers_without_a_table_are_read(status: int, text: bytes) -> None:
    """As a server writes them that heeds a header table of size 0, Huffman coding and size change included."""
    encoder = Encoder()
    encoder.header_table_size = 0
    fields = [(":status", str(status)), ("retry-after", text.decode()), ("apns-id", "x")]
    for block in (encoder.encode(fields), encoder.encode(fields)):
        assert read_status(block) == status
        assert read_headers(block) == fields
        assert Answer(block, b"").header("retry-after") == text.decode()


@pytest.mark.parametrize("block", [b"", b"\x20", b"\xff", b"\xbe", b"\x84", b"\x08\x03abc"])
def test_a_block_without_a_status_is_refused(block: bytes) -> None:
    """Empty, cut, referring to a table that there is not, another first header, a status that is no number."""
    with pytest.raises(ValueError, match="header block"):
        read_status(block)
