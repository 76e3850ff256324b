"""One HTTP/2 connection against a peer that does what the standard allows, and what it forbids."""

from __future__ import annotations

import asyncio

import pytest
from hyperframe.frame import ContinuationFrame, Frame, PingFrame, PushPromiseFrame, WindowUpdateFrame

from adapters.channels.push.http2.answers import AnswerLost, NotProcessed
from adapters.channels.push.http2.frames import LARGEST_FRAME, Code, frame
from adapters.channels.push.http2.header_block import POST_HTTPS
from tests.integration.push.http2_peer import (
    DataFrame,
    GoAwayFrame,
    HeadersFrame,
    RstStreamFrame,
    SettingsFrame,
    connected,
)

INITIAL_WINDOW, STREAMS = SettingsFrame.INITIAL_WINDOW_SIZE, SettingsFrame.MAX_CONCURRENT_STREAMS


async def test_requests_are_answered_in_any_order() -> None:
    """Three under way at once; each future gets the answer of its own stream."""
    async with connected() as (connection, peer):
        futures = [connection.post(POST_HTTPS, b"%d" % n) for n in range(3)]
        await peer.until(DataFrame, 3)
        for stream, status in ((5, 410), (1, 200), (3, 503)):
            peer.send(*peer.answer(stream, status, b"body %d" % stream))
        answers = await asyncio.gather(*futures)
        assert [(a.status, a.body) for a in answers] == [(200, b"body 1"), (503, b"body 3"), (410, b"body 5")]
        assert connection.idle


async def test_a_body_larger_than_the_windows_leaves_in_pieces() -> None:
    """Ten bytes of stream window: the rest follows each update, and a grown initial window lets it all go."""
    async with connected({INITIAL_WINDOW: 10}) as (connection, peer):
        future = connection.post(POST_HTTPS, b"x" * 100)
        await peer.until(DataFrame)
        assert peer.body_of(1) == b"x" * 10
        peer.send(WindowUpdateFrame(1, window_increment=5))
        await peer.until(DataFrame, 2)
        assert peer.body_of(1) == b"x" * 15
        peer.send(SettingsFrame(0, settings={INITIAL_WINDOW: 1000}))
        await peer.until(DataFrame, 3)
        assert peer.body_of(1) == b"x" * 100
        peer.send(*peer.answer(1))
        assert (await future).status == 200


async def test_the_window_of_the_connection_bounds_all_streams_together() -> None:
    """64 KiB on the whole: the last request waits for the connection's window, not for its own."""
    async with connected() as (connection, peer):
        futures = [connection.post(POST_HTTPS, b"x" * 10_000) for _ in range(7)]
        while sum(len(peer.body_of(n)) for n in range(1, 14, 2)) < 65_535:
            await asyncio.sleep(0.005)
        assert len(peer.body_of(13)) == 5_535
        peer.send(WindowUpdateFrame(0, window_increment=100_000))
        while len(peer.body_of(13)) < 10_000:
            await asyncio.sleep(0.005)
        for n in range(1, 14, 2):
            peer.send(*peer.answer(n))
        assert {answer.status for answer in await asyncio.gather(*futures)} == {200}


async def test_many_large_answers_are_given_new_window() -> None:
    """Two megabytes of answers on one connection: the client tells the peer that it may go on."""
    async with connected() as (connection, peer):
        for n in range(40):
            future = connection.post(POST_HTTPS, b"")
            number = 2 * n + 1
            peer.send(HeadersFrame(number, data=peer.block([(":status", "200")]), flags=["END_HEADERS"]))
            for last in (False, False, False, True):
                flags = ["END_STREAM"] if last else []
                peer.send(DataFrame(number, data=b"y" * 13_000, flags=flags))
            assert len((await future).body) == 52_000
        updates = await peer.until(WindowUpdateFrame, 3)
        granted = sum(int(one.window_increment) for one in updates)  # type: ignore[attr-defined]
        assert granted > 1_500_000


async def test_the_limit_on_streams_is_kept_also_when_it_changes() -> None:
    """Two at once, then three; zero means wait."""
    async with connected({STREAMS: 2}) as (connection, peer):
        connection.post(POST_HTTPS, b"")
        assert connection.has_room
        connection.post(POST_HTTPS, b"")
        assert not connection.has_room
        peer.send(SettingsFrame(0, settings={STREAMS: 3}))
        await peer.until(SettingsFrame, 3)
        assert connection.has_room
        peer.send(SettingsFrame(0, settings={STREAMS: 0}), *peer.answer(1), *peer.answer(3))
        while not connection.idle:
            await asyncio.sleep(0.005)
        assert not connection.has_room


async def test_padding_interim_answers_continuations_trailers_and_unknown_frames_are_understood() -> None:
    """Everything optional at once, as the standard allows it."""
    async with connected() as (connection, peer):
        future = connection.post(POST_HTTPS, b"")
        block = peer.block([(":status", "410"), ("retry-after", "7"), ("x", "y" * 300)])
        head = HeadersFrame(1, data=block[:5], flags=["PADDED"], pad_length=9)
        peer.send(
            HeadersFrame(1, data=peer.block([(":status", "103")]), flags=["END_HEADERS"]),
            frame(0xEE, 0, 0, b"what is this"),
            head,
            ContinuationFrame(1, data=block[5:], flags=["END_HEADERS"]),
            DataFrame(1, data=b"gone", flags=["PADDED"], pad_length=30),
            HeadersFrame(1, data=peer.block([("grpc-status", "0")]), flags=["END_HEADERS", "END_STREAM"]),
        )
        answer = await future
        assert (answer.status, answer.body, answer.header("retry-after")) == (410, b"gone", "7")


async def test_a_ping_is_answered() -> None:
    """With the same eight bytes."""
    async with connected() as (connection, peer):
        peer.send(PingFrame(0, opaque_data=b"01234567"))
        (pong,) = await peer.until(PingFrame)
        assert pong.opaque_data == b"01234567"  # type: ignore[attr-defined]
        assert "ACK" in pong.flags
        assert connection.has_room


async def test_going_away_tells_what_was_not_processed() -> None:
    """The streams above the last one named may be sent again; the others are still answered, then it closes."""
    async with connected() as (connection, peer):
        first, second = connection.post(POST_HTTPS, b""), connection.post(POST_HTTPS, b"")
        peer.send(GoAwayFrame(0, last_stream_id=1))
        with pytest.raises(NotProcessed):
            await second
        assert not connection.has_room
        peer.send(*peer.answer(1))
        assert (await first).status == 200
        await asyncio.wait_for(peer.lost.wait(), 5)


@pytest.mark.parametrize(
    ("code", "error"), [(Code.REFUSED_STREAM, NotProcessed), (Code.CANCEL, AnswerLost), (2, AnswerLost)]
)
async def test_a_reset_says_whether_the_request_was_processed(code: int, error: type[Exception]) -> None:
    """Only REFUSED_STREAM promises that nothing was done; the connection goes on."""
    async with connected() as (connection, peer):
        future = connection.post(POST_HTTPS, b"")
        peer.send(RstStreamFrame(1, error_code=int(code)))
        with pytest.raises(error):
            await future
        assert connection.has_room


async def test_a_request_without_an_answer_times_out_and_is_reset() -> None:
    """Its late answer disturbs nobody."""
    async with connected(timeout=0.2) as (connection, peer):
        future = connection.post(POST_HTTPS, b"")
        with pytest.raises(AnswerLost, match="timeout"):
            await future
        (reset,) = await peer.until(RstStreamFrame)
        assert reset.stream_id == 1
        again = connection.post(POST_HTTPS, b"")
        peer.send(*peer.answer(1), *peer.answer(3))
        assert (await again).status == 200


async def test_a_cut_connection_loses_the_answers_under_way() -> None:
    """Nobody knows whether these requests were processed."""
    async with connected() as (connection, peer):
        future = connection.post(POST_HTTPS, b"")
        await peer.until(HeadersFrame)
        assert peer.transport is not None
        peer.transport.abort()
        with pytest.raises(AnswerLost):
            await future
        assert connection.closed


VIOLATIONS: dict[str, Frame | bytes] = {
    "a frame larger than allowed": frame(0, 0, 1, b"x" * (LARGEST_FRAME + 1)),
    "settings of a wrong size": frame(4, 0, 0, b"12345"),
    "a window larger than allowed": SettingsFrame(0, settings={INITIAL_WINDOW: 2**31}),
    "a window update of nothing": frame(8, 0, 0, bytes(4)),
    "a push although pushes are off": PushPromiseFrame(
        1, promised_stream_id=2, data=b"", flags=["END_HEADERS"]
    ),
    "a continuation of nothing": ContinuationFrame(1, data=b"", flags=["END_HEADERS"]),
    "an interrupted header block": frame(1, 0, 1, b"\x88") + frame(6, 0, 0, bytes(8)),
    "padding longer than its frame": frame(1, 0xC, 1, b"\xff\x88"),
    "data before headers": frame(0, 1, 1, b"x"),
    "a block that refers to a table": frame(1, 5, 1, b"\xbe"),
    "a header block without end": frame(1, 0, 1, b"\x88") + frame(9, 0, 1, b"\x00" * LARGEST_FRAME) * 5,
}


@pytest.mark.parametrize("violation", VIOLATIONS)
async def test_a_broken_protocol_ends_the_connection(violation: str) -> None:
    """The peer is told, nothing hangs, and the request counts as perhaps processed."""
    async with connected() as (connection, peer):
        future = connection.post(POST_HTTPS, b"")
        await peer.until(HeadersFrame)
        peer.send(VIOLATIONS[violation])
        with pytest.raises(AnswerLost):
            await future
        (goodbye,) = await peer.until(GoAwayFrame)
        assert goodbye.error_code != 0  # type: ignore[attr-defined]
        assert connection.closed
