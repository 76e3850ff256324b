"""One HTTP request to a provider and its answer, with the circuit breaker told how it went."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

import attrs
from pyreqwest.exceptions import RequestError

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.retry_after import parse_retry_after
from adapters.channels.frame.transport import CONNECTION_LOST, Host, transport_failure
from adapters.channels.frame.verdict import SERVER_ERROR
from domain.messaging.outcome import Deferred

JSON_HEADERS: Final[Mapping[str, str]] = {"content-type": "application/json"}


@attrs.frozen(slots=True)
class Answer:
    """What a provider answered, whatever its status."""

    status: int
    body: bytes = attrs.field(repr=False)
    retry_after: float | None = None
    """Seconds."""

    @property
    def ok(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300


async def exchange(
    host: Host,
    breaker: Breaker,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
) -> Answer | Deferred:
    """The answer, or what became of a request without one: `unknown` says whether it may have been processed."""
    connections = host.connections()
    request = connections.clients[connections.next()].request(method, host.url + path).headers(headers)
    if body is not None:
        request = request.body_bytes(body)
    try:
        response = await request.build().send()
        answer = bytes(await response.bytes())
    except RequestError as error:
        failure = transport_failure(error)
        breaker.fail(shared=failure.reason == CONNECTION_LOST)
        return failure
    if response.status >= SERVER_ERROR:
        breaker.fail()
    else:
        breaker.succeed()
    wait = parse_retry_after(response.get_header("retry-after"), now=time.time())
    return Answer(response.status, answer, wait)
