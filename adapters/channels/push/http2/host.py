"""One provider host of this process: its HTTP/2 clients and how many sends may be on their way."""

from __future__ import annotations

from urllib.parse import urlsplit

from adapters.channels.frame.recent import Recent
from adapters.channels.frame.transport import Slots
from adapters.channels.frame.trust import trust
from adapters.channels.push.http2.answers import AnswerLost, NotProcessed
from adapters.channels.push.http2.client import Http2Client
from application.ports.channels import ChannelSettings
from domain.messaging.outcome import Deferred

KEPT_CLIENTS = 64
"""Clients kept per host; APNs needs one for each signing key (see `Http2Host.client`)."""


class Http2Host:
    """Clients are made when they are first asked for; those that were not asked for longest end when they are idle."""

    def __init__(self, url: str, settings: ChannelSettings) -> None:
        parts = urlsplit(url)
        self.path = parts.path.rstrip("/")
        """In front of every request's path."""
        self.slots = Slots(max(1, settings.max_in_flight))
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._settings = settings
        self._tls = trust(settings.extra_ca_pem, "h2")
        self._clients: Recent[str, Http2Client] = Recent(KEPT_CLIENTS, dropped=Http2Client.retire)

    def client(self, key: str = "") -> Http2Client:
        """The client that `key` shares. APNs ties a connection to the signing key of its first push
        (`UnrelatedKeyIdInToken` otherwise), so every key gets its own.
        """
        return self._clients.get(key, self._connect)

    def _connect(self) -> Http2Client:
        settings = self._settings
        return Http2Client(
            self._origin, self._tls, connections=settings.connections, timeout=settings.request_timeout
        )

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients:
            await client.close()
        self._clients.clear()


def failure_of(error: NotProcessed | AnswerLost) -> Deferred:
    """What a request without an answer makes of a push: a repeat replaces on the screen, so both may be repeated."""
    return Deferred(error.reason, unknown=isinstance(error, AnswerLost))
