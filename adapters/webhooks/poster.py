"""One post to an address that was looked at first: names are resolved here, judged, and the connection is pinned to the result.

Between judging and connecting nothing is resolved again, so a name cannot change its mind. Redirects are answers like any
other. A client, and so a connection, is kept per (host, address) for as long as it is used.
"""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError, RequestError, RequestTimeoutError

from application.ports.webhooks import Posted
from domain.shared.errors import InvalidInput
from domain.webhooks.destination import Address, Network, check_url, may_be_reached

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
WHOLE_SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 5.0
RESOLVE_SECONDS: Final = 5.0
KEPT_CLIENTS: Final = 256
IDLE: Final = timedelta(seconds=90)


class HttpWebhookPoster:
    """Implements `application.ports.webhooks.WebhookPoster`."""

    def __init__(
        self,
        networks: Sequence[Network],
        *,
        extra_ca_pem: bytes | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        """`networks` may be reached though they are not public; `extra_ca_pem` is trusted besides the system's authorities;
        `resolve` is how names become addresses, the system's way unless given.
        """
        self._networks = networks
        self._resolve = resolve or _addresses
        self._extra_ca_pem = extra_ca_pem
        self._clients: OrderedDict[tuple[str, int, str], Client] = OrderedDict()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        try:
            # Again, because the rules may have become stricter, and because what passes is read alike by every parser.
            check_url(url, self._networks)
        except InvalidInput as error:
            return Posted(None, error.message)
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            address = await self._address_of(host, port)
        except (OSError, TimeoutError, UnicodeError):
            return Posted(None, "the host name cannot be resolved")
        if address is None:
            return Posted(None, "the host leads to an address that is not public")
        if parts.scheme != "https" and not self._is_allowed(parts, address):
            return Posted(None, "the URL is not encrypted")
        return await self._send(self._client(host, port, address), url, headers, body)

    async def _address_of(self, host: str, port: int) -> Address | None:
        """The first of the host's addresses; None when any of them must not be reached."""
        async with asyncio.timeout(RESOLVE_SECONDS):
            addresses = await self._resolve(host, port)
        if not addresses or not all(may_be_reached(one, self._networks) for one in addresses):
            return None
        return addresses[0]

    def _is_allowed(self, parts: SplitResult, address: Address) -> bool:
        """Without encryption only within a network that the installation allows."""
        own = any(one.version == address.version and address in one for one in self._networks)
        return parts.scheme == "http" and own

    def _client(self, host: str, port: int, address: Address) -> Client:
        key = (host, port, str(address))
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = self._build(host, port, address)
            while len(self._clients) > KEPT_CLIENTS:
                # Its last user closes it.
                self._clients.popitem(last=False)
        self._clients.move_to_end(key)
        return client

    def _build(self, host: str, port: int, address: Address) -> Client:
        builder = (
            ClientBuilder()
            .resolve(host, str(address), port)
            .timeout(timedelta(seconds=WHOLE_SECONDS))
            .connect_timeout(timedelta(seconds=CONNECT_SECONDS))
            .pool_idle_timeout(IDLE)
            .follow_redirects(False)
            .referer(False)
            .no_proxy()
            .user_agent("automata-signal-webhooks")
            .gzip(False)
            .brotli(False)
            .deflate(False)
            .zstd(False)
        )
        if self._extra_ca_pem is not None:
            builder = builder.add_root_certificate_pem(self._extra_ca_pem)
        return builder.build()

    async def _send(self, client: Client, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        try:
            request = client.post(url).headers(dict(headers)).body_bytes(body).build_streamed()
            # Only the head is read: what an endpoint answers besides is nobody's concern, however long it is.
            async with request as answer:
                return Posted(answer.status, retry_after=_seconds(answer.headers.get("retry-after")))
        except RequestTimeoutError:
            return Posted(None, f"no answer within {WHOLE_SECONDS:.0f} seconds")
        except RequestError as error:
            return Posted(None, _reason(error))
        except (PyreqwestError, ValueError):
            return Posted(None, "the request cannot be made")

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            await client.close()
        self._clients.clear()


async def _addresses(host: str, port: int) -> Sequence[Address]:
    """As the system resolves."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(one[4][0]) for one in found]


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; its other form, a date, is not waited for."""
    return float(text) if text is not None and text.isdecimal() and len(text) < 9 else None


def _reason(error: RequestError) -> str:
    causes = error.details["causes"] or []
    story = " / ".join([error.message, *(cause["message"] for cause in causes)]).lower()
    if "certificate" in story:
        return "the certificate is not valid"
    if "connect" in story:
        return "no connection"
    return "the connection broke"
