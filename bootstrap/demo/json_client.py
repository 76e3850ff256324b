"""A small HTTP client for JSON: our own API and the simulator's control API, as any caller would use them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import attrs
import msgspec
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError

ATTEMPTS: Final = 5
LONGEST_WAIT: Final = 10.0
"""Seconds; what a Retry-After may ask for at most."""
REPEATABLE: Final = frozenset({429, 503})


class CallFailed(Exception):
    """An API refused a call or did not answer it."""

    def __init__(self, message: str, problem: Any = None) -> None:
        """`problem` is the answer's problem document (RFC 9457), if it had one."""
        super().__init__(message)
        self.problem: Mapping[str, Any] | None = problem if isinstance(problem, dict) else None


@attrs.frozen
class Answer:
    """A successful answer; `body` is decoded JSON, or the bytes of anything else."""

    status: int
    headers: Mapping[str, str]
    body: Any


@attrs.frozen
class JsonClient:
    """Calls below one base URL with default headers; 429, 503 and lost connections are tried again, `attempts` times in all."""

    base_url: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    client: Client = attrs.field(repr=False)
    attempts: int = ATTEMPTS

    def with_headers(self, headers: Mapping[str, str]) -> JsonClient:
        """The same connections with other headers."""
        return attrs.evolve(self, headers=headers)

    async def call(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Raise CallFailed for an answer of 400 and above, and when nobody answers.

        Repeats are safe: every call of ours is idempotent, or carries an Idempotency-Key, or is tried once only.
        """
        raw = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        wait, told, problem = 0.2, "", None
        for attempt in range(self.attempts):
            if attempt:
                await asyncio.sleep(min(wait, LONGEST_WAIT))
                wait *= 2
            request = self.client.request(method, self.base_url + path)
            request = request.headers({"content-type": "application/json", **self.headers, **(headers or {})})
            if raw is not None:
                request = request.body_bytes(raw)
            try:
                response = await request.build().send()
                received = bytes(await response.bytes())
            except PyreqwestError as error:
                told = type(error).__name__
                continue
            if response.status < 400:
                return Answer(response.status, dict(response.headers), _decoded(received))
            told = f"{response.status} {received[:500].decode(errors='replace')}"
            problem = _decoded(received)
            if response.status not in REPEATABLE:
                break
            asked = response.get_header("retry-after") or ""
            wait = max(wait, float(asked)) if asked.isdigit() else wait
        raise CallFailed(f"{method} {self.base_url}{path}: {told}", problem)


@asynccontextmanager
async def json_client(
    base_url: str,
    headers: Mapping[str, str] | None = None,
    *,
    connections: int = 32,
    seconds: float = 60.0,
    attempts: int = ATTEMPTS,
) -> AsyncIterator[JsonClient]:
    """A client that is closed at the end; `seconds` bounds each try of a call, `attempts` says how many there are."""
    builder = ClientBuilder().timeout(timedelta(seconds=seconds)).max_connections(connections).no_proxy()
    async with builder.build() as client:
        yield JsonClient(base_url.rstrip("/"), headers or {}, client, attempts)


def _decoded(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return raw
