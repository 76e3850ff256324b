"""Frame-level faults, seen by httpx, which reads HTTP/2 correctly, and by h2 itself."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings
import httpx
import pytest
from pyreqwest.client import ClientBuilder

from tests.integration.simulator.harness import PAYLOAD, ApnsKeyPair, Simulator, apns_headers, device_token

BODY = json.dumps(PAYLOAD).encode()


class RawClient:
    """A connection that shows every HTTP/2 event as it comes."""

    def __init__(self, sim: Simulator, key: ApnsKeyPair) -> None:
        self._sim, self._key = sim, key
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.events: list[h2.events.Event] = []

    async def __aenter__(self) -> RawClient:
        url = httpx.URL(self._sim.ready["fault"])
        self._reader, self._writer = await asyncio.open_connection(url.host, url.port, ssl=self._sim.tls())
        self.http.initiate_connection()
        self._writer.write(self.http.data_to_send())
        await self.until(h2.events.RemoteSettingsChanged)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    def push(self, token: str, message_id: str | None = None) -> int:
        """Send a push; answers its stream id."""
        stream_id = self.http.get_next_available_stream_id()
        headers = apns_headers(self._key, apns_id=message_id or str(uuid4()))
        pseudo = [(":method", "POST"), (":scheme", "https"), (":authority", "localhost")]
        path = (":path", f"/3/device/{token}")
        self.http.send_headers(stream_id, [*pseudo, path, *headers.items()])
        if self.http.local_flow_control_window(stream_id) >= len(BODY):
            self.http.send_data(stream_id, BODY, end_stream=True)
        self._writer.write(self.http.data_to_send())
        return stream_id

    async def until(self, kind: type[h2.events.Event], seconds: float = 10.0) -> h2.events.Event:
        """The first event of a kind among those still to come."""
        async with asyncio.timeout(seconds):
            while True:
                received = self.http.receive_data(await self._receive())
                self._writer.write(self.http.data_to_send())
                self.events += received
                found = next((event for event in received if isinstance(event, kind)), None)
                if found is not None:
                    return found

    async def until_closed(self) -> None:
        """Read until the server closes."""
        async with asyncio.timeout(10):
            while data := await self._reader.read(65_536):
                self.events += self.http.receive_data(data)

    async def _receive(self) -> bytes:
        data = await self._reader.read(65_536)
        assert data, "the server closed the connection"
        return data

    def of(self, kind: type[h2.events.Event]) -> list[h2.events.Event]:
        """All events of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]


async def post(client: httpx.AsyncClient, sim: Simulator, key: ApnsKeyPair, token: str) -> httpx.Response:
    """One push to the fault listener."""
    url = f"{sim.ready['fault']}/3/device/{token}"
    return await client.post(url, headers=apns_headers(key), json=PAYLOAD)


@pytest.mark.parametrize(("fault", "accepted"), [("reset", 1), ("refused", 0), ("disconnect", 1)])
async def test_a_broken_stream_fails_that_push_and_the_next_one_succeeds(
    sim: Simulator, apns_key: ApnsKeyPair, fault: str, accepted: int
) -> None:
    """httpx reports a protocol error; whether the push was processed is what the fault says."""
    sim.play(rules=[{"token": device_token(1), "outcome": fault}])
    async with sim.client() as client:
        with pytest.raises(httpx.TransportError):
            await post(client, sim, apns_key, device_token(1))
        assert sim.stats()["apns"]["accepted"] == accepted
        assert (await post(client, sim, apns_key, device_token(2))).status_code == 200


@pytest.mark.parametrize(
    ("fault", "code"),
    [("reset", h2.errors.ErrorCodes.INTERNAL_ERROR), ("refused", h2.errors.ErrorCodes.REFUSED_STREAM)],
)
async def test_a_reset_names_its_error_code(
    sim: Simulator, apns_key: ApnsKeyPair, fault: str, code: h2.errors.ErrorCodes
) -> None:
    """REFUSED_STREAM promises that nothing was processed, INTERNAL_ERROR does not; the connection lives on."""
    sim.play(rules=[{"token": device_token(1), "outcome": fault}])
    async with RawClient(sim, apns_key) as client:
        stream_id = client.push(device_token(1))
        reset = await client.until(h2.events.StreamReset)
        assert isinstance(reset, h2.events.StreamReset)
        assert (reset.stream_id, reset.error_code) == (stream_id, code)
        client.push(device_token(2))
        await client.until(h2.events.StreamEnded)


async def test_goaway_mid_stream_answers_the_streams_up_to_the_last_and_no_other(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """The slow earlier push is answered, the named last stream is its own, and the later ones were not processed."""
    sim.play(
        rules=[{"token": device_token(3), "outcome": "goaway"}],
        latency={"kind": "fixed", "ms": 200},
    )
    ids = [str(uuid4()) for _ in range(4)]
    async with RawClient(sim, apns_key) as client:
        streams = [client.push(device_token(1), ids[0]), client.push(device_token(2), ids[1])]
        client.push(device_token(3), ids[2])
        await client.until_closed()
    farewell = client.of(h2.events.ConnectionTerminated)[0]
    assert isinstance(farewell, h2.events.ConnectionTerminated)
    assert farewell.last_stream_id == streams[-1]
    assert farewell.additional_data == b'{"reason":"Shutdown"}'
    ended = {event.stream_id for event in client.of(h2.events.StreamEnded)}  # type: ignore[attr-defined]
    assert ended == set(streams)
    assert [sim.delivery(message_id)["accepted"] for message_id in ids] == [1, 1, 0, 0]


async def test_goaway_after_processing_leaves_the_push_accepted(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """The last stream is the push itself, so the client cannot know; a resend is a duplicate."""
    sim.play(rules=[{"token": device_token(1), "outcome": "goaway_after", "attempts": 1}])
    message_id = str(uuid4())
    async with RawClient(sim, apns_key) as client:
        stream_id = client.push(device_token(1), message_id)
        await client.until_closed()
        farewell = client.of(h2.events.ConnectionTerminated)[0]
        assert getattr(farewell, "last_stream_id", None) == stream_id
    assert sim.delivery(message_id)["accepted"] == 1
    async with RawClient(sim, apns_key) as client:
        client.push(device_token(1), message_id)
        await client.until(h2.events.StreamEnded)
    assert sim.stats()["duplicates"] == 1


async def test_a_graceful_goaway_loses_nothing(sim: Simulator, apns_key: ApnsKeyPair) -> None:
    """With a connection closed after every 25 requests, a hyper client gets 200 answers, each push once."""
    sim.play(frames={"goaway_every": 25}, latency={"kind": "uniform", "low_ms": 0, "high_ms": 20})
    trusted = Path(sim.ca).read_bytes()
    builder = ClientBuilder().add_root_certificate_pem(trusted).http2_prior_knowledge()
    async with builder.timeout(timedelta(seconds=10)).build() as client:

        async def push(number: int) -> int:
            request = client.post(f"{sim.ready['fault']}/3/device/{device_token(number)}")
            answer = await request.headers(apns_headers(apns_key)).body_bytes(BODY).build().send()
            return answer.status

        for start in range(0, 200, 20):
            assert set(await asyncio.gather(*(push(start + n) for n in range(20)))) == {200}
    stats = sim.stats()
    assert (stats["apns"]["accepted"], stats["duplicates"]) == (200, 0)


async def test_the_stream_limit_starts_at_one_and_rises_after_the_first_push(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """As APNs does until it has seen a valid token; httpx keeps to it under forty concurrent pushes."""
    sim.play(frames={"first_streams": 1, "streams": 500})
    async with RawClient(sim, apns_key) as client:
        limit = h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS
        assert client.http.remote_settings[limit] == 1
        client.push(device_token(1))
        await client.until(h2.events.StreamEnded)
        assert client.http.remote_settings[limit] == 500
    async with sim.client() as http:
        responses = await asyncio.gather(*(post(http, sim, apns_key, device_token(n)) for n in range(40)))
    assert {response.status_code for response in responses} == {200}


async def test_streams_beyond_the_limit_are_refused_and_the_connection_lives(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """A client that opens three streams at once against a limit of one has two refused, unprocessed."""
    sim.play(frames={"first_streams": 1, "streams": 1}, latency={"kind": "fixed", "ms": 100})
    async with RawClient(sim, apns_key) as client:
        client.http.remote_settings = h2.settings.Settings(client=False)
        first, *others = [client.push(device_token(number)) for number in range(3)]
        ended = await client.until(h2.events.StreamEnded)
        assert getattr(ended, "stream_id", None) == first
        refused = [
            (event.stream_id, event.error_code)
            for event in client.events
            if isinstance(event, h2.events.StreamReset)
        ]
        assert refused == [(stream, h2.errors.ErrorCodes.REFUSED_STREAM) for stream in others]
        client.push(device_token(4))
        await client.until(h2.events.StreamEnded)
    assert sim.stats()["apns"]["requests"] == 2


async def test_a_stalled_window_keeps_the_body_back_for_ever(sim: Simulator, apns_key: ApnsKeyPair) -> None:
    """With no upload window the body cannot be sent: the client waits in vain and nothing is recorded."""
    sim.play(frames={"initial_window": 0})
    async with RawClient(sim, apns_key) as client:
        stream_id = client.push(device_token(1))
        assert client.http.local_flow_control_window(stream_id) == 0
        with pytest.raises(TimeoutError):
            await client.until(h2.events.StreamEnded, seconds=0.5)
    assert sim.stats()["apns"]["requests"] == 0


async def test_silence_an_answer_without_id_and_an_error_without_body(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """The three answers that clients are known to choke on."""
    sim.play(
        rules=[
            {"token": device_token(1), "outcome": "hang"},
            {"token": device_token(2), "outcome": "no_apns_id"},
            {"token": device_token(3), "outcome": "empty_error"},
        ]
    )
    async with sim.client(timeout=0.5) as client:
        with pytest.raises(httpx.ReadTimeout):
            await post(client, sim, apns_key, device_token(1))
        nameless = await post(client, sim, apns_key, device_token(2))
        empty = await post(client, sim, apns_key, device_token(3))
    assert (nameless.status_code, "apns-id" in nameless.headers) == (200, False)
    assert (empty.status_code, empty.content) == (503, b"")
    assert sim.stats()["apns"]["outcomes"] == {"fault:hang": 1, "accepted": 1, "fault:empty_error": 1}


async def test_the_fast_listener_leaves_frame_faults_out(sim: Simulator, apns_key: ApnsKeyPair) -> None:
    """A fault that granian cannot play is no fault there: the push is simply accepted."""
    sim.play(rules=[{"token": device_token(1), "outcome": "refused"}])
    async with sim.client() as client:
        url = f"{sim.ready['apns_production']}/3/device/{device_token(1)}"
        response = await client.post(url, headers=apns_headers(apns_key), json=PAYLOAD)
    assert response.status_code == 200
    assert sim.stats()["apns"]["outcomes"] == {"accepted": 1}
