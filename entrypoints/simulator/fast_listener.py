"""The fast listener: granian's RSGI server embedded in this event loop, HTTP/2 (and 1.1) over TLS.

Faults that need single frames are left to the fault listener; here only hanging, lost answers, missing
apns-id and empty errors are played.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from granian.constants import SSLProtocols
from granian.http import HTTP2Settings
from granian.server.embed import Server

from entrypoints.simulator.behaviour import Environment
from entrypoints.simulator.catalogue import ANY_LISTENER
from entrypoints.simulator.certificates import Certificates
from entrypoints.simulator.recorder import Headers
from entrypoints.simulator.simulation import LARGEST_BODY, Simulation

CONCURRENT_STREAMS: Final = 1000
STOP_SECONDS: Final = 1.0


class Scope(Protocol):
    """What this listener reads of an RSGI request."""

    @property
    def proto(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query_string(self) -> str: ...
    @property
    def headers(self) -> Headers: ...


class HttpProtocol(Protocol):
    """What this listener does with an RSGI exchange."""

    def __call__(self) -> Awaitable[bytes]: ...
    def client_disconnect(self) -> Awaitable[None]: ...
    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None: ...
    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...


class FastListener:
    """One port; `environment` is the APNs environment that it stands for."""

    def __init__(
        self,
        simulation: Simulation,
        environment: Environment,
        certificates: Certificates,
        host: str,
        port: int,
    ) -> None:
        self._simulation = simulation
        self._environment = environment
        self._reservation = reserve(host, port)
        self.port: int = self._reservation.getsockname()[1]
        self._stopping = asyncio.Event()
        self._hanging: set[asyncio.Task[None]] = set()
        self._server = Server(
            self._application(),
            address=host,
            port=self.port,
            backlog=1024,
            websockets=False,
            http2_settings=HTTP2Settings(max_concurrent_streams=CONCURRENT_STREAMS),
            log_enabled=False,
            ssl_cert=certificates.chain,
            ssl_key=certificates.key,
            ssl_protocol_min=SSLProtocols.tls12,
        )
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; returns when connections are accepted. Raises OSError if that takes over 10 seconds."""
        self._serving = asyncio.create_task(self._server.serve())
        for _ in range(200):
            await asyncio.sleep(0.05)
            if self._serving.done():
                break
            try:
                _, writer = await asyncio.open_connection(self._server.bind_addr, self.port)
            except OSError:
                continue
            writer.close()
            self._reservation.close()
            return
        raise OSError(f"port {self.port} does not accept connections")

    async def stop(self) -> None:
        """Stop listening and let go of hanging requests; idle clients are cut off after a second."""
        self._stopping.set()
        if self._hanging:
            await asyncio.wait(set(self._hanging), timeout=STOP_SECONDS)
        self._server.stop()  # type: ignore[no-untyped-call]
        self._reservation.close()
        if self._serving is not None:
            await asyncio.wait({self._serving}, timeout=STOP_SECONDS)
            self._serving.cancel()

    def _application(self) -> Callable[[Scope, HttpProtocol], Awaitable[None]]:
        answer_to, environment = self._simulation.answer, self._environment

        async def application(scope: Scope, exchange: HttpProtocol) -> None:
            body = await exchange()
            if len(body) > LARGEST_BODY:
                exchange.response_empty(413, [])
                return
            query = scope.query_string
            path = f"{scope.path}?{query}" if query else scope.path
            answer = answer_to(environment, scope.method, path, scope.headers, body, ANY_LISTENER)
            if answer.delay:
                await asyncio.sleep(answer.delay)
            if answer.fault == "hang" or answer.fault == "lost_answer":
                await self._hang(exchange)
                exchange.response_empty(504, [])
            elif answer.body:
                exchange.response_bytes(answer.status, answer.headers, answer.body)
            else:
                exchange.response_empty(answer.status, answer.headers)

        return application

    async def _hang(self, exchange: HttpProtocol) -> None:
        """Say nothing until the client gives up, the script's patience ends or the simulator stops."""
        task = asyncio.ensure_future(self._until_let_go(exchange))
        self._hanging.add(task)
        task.add_done_callback(self._hanging.discard)
        await task

    async def _until_let_go(self, exchange: HttpProtocol) -> None:
        gone = asyncio.ensure_future(exchange.client_disconnect())
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait(
            {gone, stopping},
            timeout=self._simulation.stage.behaviour.hang_seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
        gone.cancel()
        stopping.cancel()


def reserve(host: str, port: int) -> socket.socket:
    """A bound socket that keeps `port` (0 = a free one) for granian, which opens its own with SO_REUSEPORT.

    Raises OSError if somebody listens on the port already; SO_REUSEPORT alone would silently share it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if port:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    reservation = socket.socket(family, socket.SOCK_STREAM)
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reservation.bind((host, port))
    return reservation
