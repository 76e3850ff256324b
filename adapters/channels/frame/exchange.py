"""One HTTP exchange with a provider: the answer as a value, a lost one as what it means, the breaker told of either."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final, Literal

import attrs
from pyreqwest.exceptions import RequestError

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.courier import Link
from adapters.channels.frame.retry_after import parse_retry_after
from adapters.channels.frame.transport import CONNECTION_LOST, Connections, transport_failure
from adapters.channels.frame.verdict import SERVER_ERROR, Mark, Rule
from domain.messaging.outcome import Deferred

Method = Literal["GET", "POST", "PUT", "DELETE"]

JSON_HEADERS: Final[Mapping[str, str]] = {"content-type": "application/json"}


@attrs.frozen(slots=True)
class Answer:
    """What a provider answered."""

    status: int
    body: bytes = attrs.field(repr=False)
    retry_after: float | None = None
    """Seconds."""

    @property
    def ok(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300


async def exchange(
    link: Link,
    connections: Connections,
    method: Method,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
) -> Answer | Deferred:
    """Deferred where there was no whole answer; `unknown` in it says whether the provider may have acted."""
    return await ask(link.breaker, connections, method, url, headers=headers, body=body)


async def ask(
    breaker: Breaker,
    connections: Connections,
    method: Method,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
) -> Answer | Deferred:
    """`exchange` for one who holds no slot: steps of one send, questions, template calls."""
    client = connections.clients[connections.next()]
    request = client.request(method, url).headers(headers)
    if body:
        request = request.body_bytes(body)
    try:
        response = await request.build().send()
        found = bytes(await response.bytes())
    except RequestError as error:
        failure = transport_failure(error)
        breaker.fail(shared=failure.reason == CONNECTION_LOST)
        return failure
    if response.status >= SERVER_ERROR:
        breaker.fail()
    else:
        breaker.succeed()
    wait = parse_retry_after(response.get_header("retry-after"), now=time.time())
    return Answer(response.status, found, wait)


BY_STATUS: Mapping[int, Rule] = {
    401: Rule(Mark.CREDENTIAL),
    402: Rule(Mark.CREDENTIAL),
    403: Rule(Mark.CREDENTIAL),
    404: Rule(Mark.FAIL),
    408: Rule(Mark.RETRY, unknown=True),
    410: Rule(Mark.FAIL),
    429: Rule(Mark.THROTTLE),
    500: Rule(Mark.RETRY, unknown=True),
    502: Rule(Mark.RETRY, unknown=True),
    503: Rule(Mark.RETRY),
    504: Rule(Mark.RETRY, unknown=True),
}
"""What a status means where the provider's own code says nothing; a gateway's error may hide a send that was done."""


def rule_by_status(status: int) -> Rule:
    """The rule of a status that is no success; by its class where it is not listed."""
    found = BY_STATUS.get(status)
    if found is not None:
        return found
    return Rule(Mark.RETRY, unknown=True) if status >= SERVER_ERROR else Rule(Mark.BUG)
