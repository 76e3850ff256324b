"""Routes as values: the table from which both the running application and its OpenAPI document are made."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from enum import Enum
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

import attrs
from msgspec import Meta
from starlette.requests import Request

from entrypoints.http.decoding import In, Out
from entrypoints.http.wire import ChannelName, ProviderName, TypeName

JSON = "application/json"
NDJSON = "application/x-ndjson"
EVENT_STREAM = "text/event-stream"

U = TypeVar("U")
"""The bag of use cases that the handlers of one table call."""


class Access(Enum):
    """Who may call a route, and which application it then acts on."""

    PUBLIC = "anyone"
    KEY = "any valid key"
    OPERATOR = "the operator's key"
    PATH = "a key; the path names the application: the operator any, an application its own"
    DATA = "an application's key, or the operator's with X-Application-Id"
    INSTALL = "an install: X-App-Id, X-Install-Id and X-Install-Secret"
    FIRST_CALL = "an install; without X-Install-Secret the install is created"


ExternalId = Annotated[str, Meta(min_length=1, max_length=256)]
PARAMETERS: Mapping[str, Any] = {
    "application_id": UUID,
    "subscription_id": UUID,
    "message_id": UUID,
    "segment_id": UUID,
    "campaign_id": UUID,
    "recipient": ExternalId,
    "template_id": UUID,
    "webhook_id": UUID,
    "alert_id": UUID,
    "version": Annotated[int, Meta(ge=1, le=10_000, description="Version of a template")],
    "key_id": Annotated[str, Meta(min_length=1, max_length=64)],
    "kid": Annotated[str, Meta(min_length=1, max_length=64)],
    "external_id": ExternalId,
    "provider": ProviderName,
    "template_code": Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,50}$")],
    "type": TypeName,
    "channel": ChannelName,
    "export_id": UUID,
    "month": Annotated[str, Meta(pattern=r"^2[01]\d{2}-(0[1-9]|1[0-2])$", description="As 2026-03")],
    "address_hash": Annotated[str, Meta(pattern="^[0-9a-f]{64}$")],
}
"""The type of every path parameter, by name: one name means one thing in every path."""

NAMED = re.compile(r"{(\w+)}")


@attrs.frozen(slots=True)
class Caller:
    """Who was let in. `identity` is what the part's guard made of the credentials."""

    identity: Any
    application_id: UUID | None = None


@attrs.frozen(slots=True)
class Call:
    """One checked request: everything a handler needs, nothing it has to parse."""

    caller: Caller
    path: Mapping[str, Any]
    query: Any = None
    """An instance of the route's query struct."""
    body: Any = None
    """An instance of the route's body struct; of NDJSON a list of the route's line struct."""
    idempotency_key: str | None = None
    if_none_match: str | None = None
    """The header, on conditional routes."""
    request_hash: bytes = b""
    """SHA-256 of method, path, media type and body; empty without a body."""

    @property
    def application_id(self) -> UUID:
        """The application this call acts on."""
        assert self.caller.application_id is not None, "the route's access names no application"
        return self.caller.application_id


@attrs.frozen(slots=True)
class Reply:
    """What a handler answers."""

    body: Out | None = None
    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)
    stream: AsyncIterator[bytes] | None = None
    """Server-sent events instead of a body; the first of them must be ready, errors came before."""
    media_type: str = EVENT_STREAM
    """Of the stream."""


Handler = Callable[[U, Call], Awaitable[Reply]]
Guard = Callable[[Request, "Route[Any]"], Awaitable[Caller]]
"""Authenticates, checks the scope, limits the rate; raises Unauthenticated, Forbidden, NotFound, RateLimited."""


@attrs.frozen(slots=True, kw_only=True)
class Route(Generic[U]):
    """One operation. `replies` lists what success looks like; error statuses follow from the rest (`errors` adds)."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    name: str
    """The operation id: a verb and a noun in snake case."""
    tag: str
    summary: str
    handler: Handler[U]
    replies: Mapping[int, type[Out] | None]
    access: Access = Access.DATA
    scope: str | None = None
    body: type[In] | None = None
    line: type[In] | None = None
    """Set: NDJSON is taken, too, one of these a line."""
    query: type[In] | None = None
    batch: bool = False
    """The large body cap applies."""
    idempotent: bool = False
    """Takes an Idempotency-Key."""
    event_stream: bool = False
    """Answers with server-sent events, whose data is the reply's struct."""
    conditional: bool = False
    """Takes If-None-Match and answers ETag."""
    files: tuple[str, ...] = ()
    """Media types of a file that is answered instead of JSON."""
    errors: frozenset[int] = frozenset()
    description: str = ""

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(NAMED.findall(self.path))

    def statuses(self) -> tuple[int, ...]:
        """Every error status this route may answer, in order."""
        found = {422, 429, 503} | self.errors
        if self.access is not Access.PUBLIC:
            found |= {401, 403}
        if self.parameters or self.access in (Access.PATH, Access.DATA):
            found.add(404)
        if self.body is not None:
            found |= {400, 413, 415}
        if self.idempotent:
            found.add(409)
        if self.path in UNGUARDED:
            found.discard(429)
        return tuple(sorted(found))


UNGUARDED = frozenset({"/healthz", "/readyz"})


@attrs.frozen(slots=True)
class Part(Generic[U]):
    """One entry point's share of the application: its table, its use cases, its guard."""

    routes: tuple[Route[U], ...]
    use_cases: U
    guard: Guard
