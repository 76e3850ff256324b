"""Bodies and query strings become typed values, or an error that names the place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

import msgspec
import pytest

from domain.shared.errors import InvalidInput, SignalError
from entrypoints.http.decoding import In, convert_strings, decode_json, decode_lines, utc
from entrypoints.http.problem import InvalidItems, MalformedBody


class Inner(In):
    n: Annotated[int, msgspec.Meta(ge=0, le=10)]


class Outer(In):
    items: list[Inner] = msgspec.field(default_factory=list)
    name: str = ""
    free: dict[str, Any] = msgspec.field(default_factory=dict)


class Flags(In):
    limit: Annotated[int, msgspec.Meta(ge=1)] = 50
    archived: bool = False


OUTER = msgspec.json.Decoder(Outer)
INNER = msgspec.json.Decoder(Inner)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"items":[{"n":1},{"n":11}]}', "items[1].n"),
        (b'{"items":[{"n":"1"}]}', "items[0].n"),
        (b'{"items":[{"n":1,"m":2}]}', "items[0].m"),
        (b'{"items":[{}]}', "items[0].n"),
        (b'{"nope":1}', "nope"),
        (b'{"name":1}', "name"),
        (b"[]", "body"),
        (b'{"name":"\\u0000"}', "body"),
        (b'{"free":{"a":1e999}}', "free"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(body: bytes, field: str) -> None:
    """The path of the first wrong value, an unknown or a missing field stands in `field`, with a fix."""
    with pytest.raises(InvalidInput) as caught:
        decode_json(body, OUTER)
    assert caught.value.field == field
    assert caught.value.fix


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"name":"\xff"}',
        b'{"name":"\\ud800"}',
        b'{"name":"a\x00"}',
        b'{"free":NaN}',
        b"nope",
        b'{"free":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    ],
)
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    """Broken, cut off, badly encoded and bottomless documents are refused without any other exception."""
    with pytest.raises(MalformedBody):
        decode_json(body, OUTER)


def test_a_backslash_before_u0000_is_no_nul() -> None:
    """The six characters \\u0000 as text, written with an escaped backslash, are allowed."""
    assert decode_json(rb'{"name":"\\u0000"}', OUTER).name == r"\u0000"


def test_bad_lines_are_all_named() -> None:
    """NDJSON: each bad line, by its number, up to twenty; good ones do not hide them."""
    body = b'{"n":1}\n\n{"n":99}\n{"n":2}\nnope\n'
    with pytest.raises(InvalidItems) as caught:
        decode_lines(body, INNER)
    assert [error.field for error in caught.value.errors] == ["lines[2].n", "lines[4]"]


def test_many_bad_lines_are_cut_off() -> None:
    """The list of errors is bounded."""
    with pytest.raises(InvalidItems) as caught:
        decode_lines(b"x\n" * 1000, INNER)
    assert len(caught.value.errors) == 20


def test_lines_are_read_in_order() -> None:
    """Good NDJSON becomes a list in the order of its lines."""
    assert [one.n for one in decode_lines(b'{"n":1}\n{"n":2}\n', INNER)] == [1, 2]


def test_query_texts_become_typed_values() -> None:
    """Numbers and booleans are read from text."""
    found = convert_strings({"limit": "7", "archived": "true"}, Flags, where="query")
    assert (found.limit, found.archived) == (7, True)


@pytest.mark.parametrize("values", [{"limit": "0"}, {"limit": "x"}, {"other": "1"}, {"limit": "\x001"}])
def test_unusable_query_parameters_are_refused(values: dict[str, str]) -> None:
    """Out of range, no number, unknown or with a NUL: an error that names the parameter."""
    with pytest.raises(SignalError) as caught:
        convert_strings(values, Flags, where="query")
    assert caught.value.field in values


def test_times_are_brought_to_utc_and_the_calendars_rim_is_refused() -> None:
    """A zone is converted; a time that has no UTC equivalent is an error, not a crash."""
    seoul = timezone(timedelta(hours=9))
    assert utc(datetime(2026, 1, 1, 9, tzinfo=seoul), field="t") == datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(InvalidInput):
        utc(datetime(1, 1, 1, tzinfo=seoul), field="t")
