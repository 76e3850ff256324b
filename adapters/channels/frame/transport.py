"""HTTP to one provider host: clients round-robin, a bound on concurrent sends, and what a failure means.

One hyper client keeps to one connection even when the server's stream limit is reached, so there are several. The
client's own timeout is used because a timeout per request in asyncio costs 4.5 µs a send.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import (
    BuilderError,
    RequestError,
    RequestTimeoutError,
)

from adapters.channels.frame.recent import Recent
from adapters.channels.frame.waiting_line import WaitingLine
from application.ports.channels import ChannelSettings
from domain.messaging.outcome import Deferred

KEPT_CONNECTION_SETS = 64
"""Connection sets kept per host; APNs needs one for each signing key (see `Host.connections`)."""
CONNECT_SHARE = 0.5
"""Of the request timeout: connecting ends early enough to tell it from a lost answer."""
CONNECTION_LOST = "connection_lost"
RUN = 32
"""Sends in a row over one client: frames that leave together share TLS records and system calls (62 → 55 µs)."""
KEEP_ALIVE = timedelta(seconds=30)
IDLE = timedelta(hours=1)
"""Apple wants connections to stay open; a PING every 30 s finds the dead ones."""


class Slots:
    """How many sends may be on their way at once; whoever waits is served in order."""

    __slots__ = ("_waiting", "free")

    def __init__(self, size: int) -> None:
        self.free = size
        """Callers may take one by themselves: `if slots.free: slots.free -= 1`."""
        self._waiting = WaitingLine()

    async def acquire(self) -> None:
        """Take a slot, waiting in line for one."""
        if self.free:
            self.free -= 1
            return
        await self._waiting.wait(self.release)

    def release(self) -> None:
        """Give a slot back: to the next in line, if there is one."""
        if not self._waiting.serve_first():
            self.free += 1


class Connections:
    """A few clients that take turns."""

    __slots__ = ("_turn", "clients")

    def __init__(self, settings: ChannelSettings, *, http2: bool = True, cleartext: bool = False) -> None:
        self.clients = [
            build_client(settings, http2=http2, cleartext=cleartext)
            for _ in range(max(1, settings.connections))
        ]
        self._turn = 0

    def next(self) -> int:
        """The index of the client whose turn it is."""
        turn = self._turn
        self._turn = (turn + 1) % (RUN * len(self.clients))
        return turn // RUN

    async def close(self) -> None:
        """Close every connection; requests under way fail."""
        for client in self.clients:
            await client.close()


class Host:
    """One provider host of this process: its connections and its in-flight bound."""

    def __init__(self, url: str, settings: ChannelSettings, *, http2: bool = True) -> None:
        """`http2`: the provider speaks nothing else; otherwise the better one of what it offers (ALPN)."""
        self.url = url.rstrip("/")
        self._http2 = http2
        self.slots = Slots(max(1, settings.max_in_flight))
        self._settings = settings
        # A dropped set is closed by its last user: an HTTP/2 client without references closes its connection.
        self._connections: Recent[str, Connections] = Recent(KEPT_CONNECTION_SETS)

    def connections(self, key: str = "") -> Connections:
        """The connections that `key` shares. APNs ties a connection to the signing key of its first push
        (`UnrelatedKeyIdInToken` otherwise), so every key gets its own.
        """
        return self._connections.get(key, self._connect)

    def _connect(self) -> Connections:
        return Connections(self._settings, http2=self._http2, cleartext=is_loopback(self.url))

    async def close(self) -> None:
        """Close every connection."""
        for connections in self._connections:
            await connections.close()
        self._connections.clear()


def is_loopback(url: str) -> bool:
    """Whether a URL without encryption leads to this very machine, where a provider double may listen."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")


def build_client(settings: ChannelSettings, *, http2: bool = True, cleartext: bool = False) -> Client:
    """One client that follows no redirect (a redirect would carry the authorization elsewhere)."""
    whole = settings.request_timeout
    builder = ClientBuilder().http2_prior_knowledge() if http2 else ClientBuilder().http2(True)
    builder = (
        builder.timeout(timedelta(seconds=whole))
        .connect_timeout(timedelta(seconds=whole * CONNECT_SHARE))
        .pool_idle_timeout(IDLE)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .http2_keep_alive_timeout(timedelta(seconds=min(whole, 10.0)))
        .http2_keep_alive_while_idle(True)
        .follow_redirects(False)
        .referer(False)
        .gzip(False)
        .brotli(False)
        .deflate(False)
        .zstd(False)
        .user_agent("automata-signal")
        .https_only(not cleartext)
    )
    if settings.extra_ca_pem is not None:
        builder = builder.add_root_certificate_pem(settings.extra_ca_pem)
    return builder.build()


def transport_failure(error: RequestError) -> Deferred:
    """What became of a request that got no answer. Raises the error when it is a malformed request (our bug).

    Never connected, or refused by RST_STREAM REFUSED_STREAM (RFC 9113 section 8.7): certainly not processed.
    Everything else may have been. The exception's class does not tell: pyreqwest 0.15 raises ConnectError for a
    connection cut after the request and ConnectTimeoutError for a lost answer, so hyper's own story is read.
    """
    if isinstance(error, BuilderError):
        raise error
    story = _story(error)
    timed_out = isinstance(error, RequestTimeoutError)
    if "client error (connect)" in story:
        return Deferred("connect_timeout" if timed_out else "connect_failed")
    if "refused stream" in story:
        return Deferred("stream_refused")
    return Deferred("timeout" if timed_out else CONNECTION_LOST, unknown=True)


def _story(error: RequestError) -> str:
    causes = error.details["causes"] or []
    return " / ".join([error.message, *(cause["message"] for cause in causes)]).lower()
