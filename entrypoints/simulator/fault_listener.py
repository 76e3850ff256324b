"""The fault listener: HTTP/2 by hand on `h2`, for the faults that no web server offers.

It plays the same script as the fast listener, plus GOAWAY with a chosen last stream, RST_STREAM, cut
connections, a stream limit that starts low and an upload window that never opens. It stands for APNs
production and FCM.
"""

import asyncio
import ssl
from functools import partial
from typing import Final, cast

from attrs import Factory, define
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings
from hyperframe.frame import GoAwayFrame

from entrypoints.simulator.catalogue import FAULTS
from entrypoints.simulator.certificates import Certificates
from entrypoints.simulator.simulation import LARGEST_BODY, Simulation
from entrypoints.simulator.stage import Answer

DRAIN_SECONDS: Final = 2.0
_GOODBYE: Final = b'{"reason":"Shutdown"}'


@define
class _Upload:
    headers: dict[str, str]
    body: bytearray = Factory(bytearray)


class FaultConnection(asyncio.Protocol):
    """One client connection."""

    def __init__(self, simulation: Simulation, connections: set["FaultConnection"]) -> None:
        self._simulation = simulation
        self._connections = connections
        self._frames = simulation.stage.behaviour.frames
        self._http = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._transport: asyncio.Transport | None = None
        self._uploads: dict[int, _Upload] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._unsent: dict[int, bytes] = {}
        self._processed = 0
        self._highest = 0
        self._last_stream: int | None = None
        self._opened_up = False
        self._farewell: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the settings that the script wants from the start."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self._connections.add(self)
        self._http.local_settings = Settings(
            client=False,
            initial_values={
                SettingCodes.MAX_CONCURRENT_STREAMS: self._frames.first_streams,
                SettingCodes.INITIAL_WINDOW_SIZE: self._frames.initial_window,
                SettingCodes.MAX_HEADER_LIST_SIZE: 65_536,
            },
        )
        self._http.initiate_connection()
        # The client is told these limits, but they bind it only once it has read them: enforce them here, by
        # refusing streams, instead of by h2's connection errors (RFC 9113 sections 5.1.2 and 6.5.3).
        self._http.local_settings = Settings(client=False)
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was still to be answered."""
        self._connections.discard(self)
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._farewell is not None:
            self._farewell.cancel()

    def data_received(self, data: bytes) -> None:
        """Feed the protocol; a violation by the client ends the connection as RFC 9113 says."""
        try:
            events = self._http.receive_data(data)
        except ProtocolError:
            self._flush()
            self.close()
            return
        for event in events:
            self._on(event)
        self._flush()

    def close(self) -> None:
        """Close the transport once what is written has gone out."""
        if self._transport is not None:
            self._transport.close()

    def _on(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            busy = len(self._uploads) + len(self._timers) + len(self._unsent)
            if busy >= (self._frames.streams if self._opened_up else self._frames.first_streams):
                self._http.reset_stream(event.stream_id, ErrorCodes.REFUSED_STREAM)
            elif self._last_stream is None or event.stream_id <= self._last_stream:
                headers = {str(name): str(value) for name, value in event.headers or []}
                self._uploads[event.stream_id] = _Upload(headers)
        elif isinstance(event, DataReceived):
            upload = self._uploads.get(event.stream_id)
            if upload is not None and len(upload.body) < LARGEST_BODY:
                upload.body += event.data
            if self._frames.initial_window and event.flow_controlled_length:
                self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            upload = self._uploads.pop(event.stream_id, None)
            if upload is not None:
                self._process(event.stream_id, upload)
        elif isinstance(event, StreamReset):
            self._uploads.pop(event.stream_id, None)
            self._unsent.pop(event.stream_id, None)
            timer = self._timers.pop(event.stream_id, None)
            if timer is not None:
                timer.cancel()
        elif isinstance(event, WindowUpdated):
            for stream_id in list(self._unsent):
                self._send_body(stream_id, self._unsent.pop(stream_id))
        elif isinstance(event, ConnectionTerminated):
            self.close()

    def _process(self, stream_id: int, upload: _Upload) -> None:
        headers = upload.headers
        path = headers.get(":path", "")
        answer = self._simulation.answer(
            "production", headers.get(":method", ""), path, headers, bytes(upload.body), FAULTS
        )
        self._processed += 1
        if answer.authenticated and not self._opened_up:
            self._opened_up = True
            if self._frames.streams != self._frames.first_streams:
                self._http.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: self._frames.streams})
        if answer.fault != "goaway":
            self._highest = max(self._highest, stream_id)
        wait = self._simulation.stage.behaviour.hang_seconds if _is_silent(answer) else answer.delay
        self._timers[stream_id] = asyncio.get_running_loop().call_later(
            wait, partial(self._respond, stream_id, answer)
        )
        if self._frames.goaway_every and self._processed >= self._frames.goaway_every:
            self._say_goodbye()

    def _respond(self, stream_id: int, answer: Answer) -> None:
        self._timers.pop(stream_id, None)
        if self._transport is None or self._transport.is_closing():
            return
        fault = answer.fault
        if fault == "disconnect":
            self._transport.abort()
            return
        if fault in ("goaway", "goaway_after"):
            self._say_goodbye()
        elif fault == "refused":
            self._http.reset_stream(stream_id, ErrorCodes.REFUSED_STREAM)
        elif fault == "reset":
            self._http.reset_stream(stream_id, ErrorCodes.INTERNAL_ERROR)
        elif _is_silent(answer):
            self._http.reset_stream(stream_id, ErrorCodes.CANCEL)
        else:
            headers = [(":status", str(answer.status)), *answer.headers]
            self._http.send_headers(stream_id, headers, end_stream=not answer.body)
            if answer.body:
                self._send_body(stream_id, answer.body)
        self._flush()
        self._close_when_drained()

    def _send_body(self, stream_id: int, body: bytes) -> None:
        """Send, or keep until the client opens its window."""
        if self._http.local_flow_control_window(stream_id) < len(body):
            self._unsent[stream_id] = body
        else:
            self._http.send_data(stream_id, body, end_stream=True)

    def _say_goodbye(self) -> None:
        """GOAWAY naming the highest stream that was processed; later ones are ignored, earlier ones answered.

        Written by hand because h2 refuses to send anything after its own GOAWAY.
        """
        if self._last_stream is not None or self._transport is None:
            return
        self._last_stream = self._highest
        self._uploads = {
            stream: upload for stream, upload in self._uploads.items() if stream <= self._highest
        }
        self._flush()
        goodbye = GoAwayFrame(last_stream_id=self._highest, error_code=0, additional_data=_GOODBYE)
        self._transport.write(goodbye.serialize())
        self._farewell = asyncio.get_running_loop().call_later(DRAIN_SECONDS, self.close)
        self._close_when_drained()

    def _close_when_drained(self) -> None:
        if self._last_stream is not None and not self._timers and not self._unsent:
            self.close()

    def _flush(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._http.data_to_send())


class FaultListener:
    """The TLS server that makes a `FaultConnection` of each client."""

    def __init__(self, simulation: Simulation, certificates: Certificates, host: str, port: int) -> None:
        self._simulation = simulation
        self._host = host
        self.port = port
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificates.chain, certificates.key)
        self._tls.set_alpn_protocols(["h2"])
        self._connections: set[FaultConnection] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: FaultConnection(self._simulation, self._connections), self._host, self.port, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close()


def _is_silent(answer: Answer) -> bool:
    return answer.fault in ("hang", "lost_answer")
