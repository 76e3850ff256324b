"""From request to reply: guard, query, body, handler, in this order, and every error as a problem."""

from __future__ import annotations

import hashlib
import logging
import re
import traceback
from collections.abc import Mapping
from typing import Any, Generic, NoReturn

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from domain.shared.errors import InvalidInput, NotFound, SignalError, Unavailable
from entrypoints.http.decoding import In, convert_strings, decode_json, decode_lines
from entrypoints.http.problem import (
    BodyTooLarge,
    Failure,
    MethodNotAllowed,
    UnsupportedMedia,
    problem_response,
)
from entrypoints.http.route import JSON, NDJSON, PARAMETERS, Call, Guard, Reply, Route, U
from entrypoints.http.settings import MIB, HttpSettings

logger = logging.getLogger("automata_signal.http")
ENCODER = msgspec.json.Encoder()
MAX_DROPPED = 32 * MIB
KEY_TEXT = re.compile(r"[\x21-\x7e]{1,255}")


class NoQuery(In):
    """A route without query parameters: any is unknown."""


class Operation(Generic[U]):
    """One route bound to its use cases."""

    def __init__(self, route: Route[U], use_cases: U, guard: Guard, settings: HttpSettings) -> None:
        self.route = route
        self._use_cases = use_cases
        self._guard = guard
        self._limit = settings.batch_body_limit if route.batch else settings.body_limit
        self._query = route.query or NoQuery
        self._decoder: msgspec.json.Decoder[Any] | None = (
            msgspec.json.Decoder(route.body) if route.body else None
        )
        self._lines: msgspec.json.Decoder[Any] | None = (
            msgspec.json.Decoder(route.line) if route.line else None
        )

    async def __call__(self, request: Request) -> Response:
        """Raise SignalError for what cannot be answered with a reply."""
        route = self.route
        caller = await self._guard(request, route)
        path = path_parameters(request.path_params)
        query = read_query(request, self._query)
        body: Any = None
        digest = b""
        if self._decoder is not None:
            media = request.headers.get("content-type", "").split(";")[0].strip().lower()
            if media != JSON and not (media == NDJSON and self._lines is not None):
                taken = f"{JSON} or {NDJSON}" if self._lines is not None else JSON
                raise UnsupportedMedia(f"this route takes {taken}", field="Content-Type", fix=f"send {taken}")
            raw = await read_body(request, self._limit)
            if route.idempotent:
                target = f"{request.method} {request.url.path} {media}\n".encode()
                digest = hashlib.sha256(target + raw).digest()
            if media == NDJSON and self._lines is not None:
                body = decode_lines(raw, self._lines)
            else:
                body = decode_json(raw, self._decoder)
        key = idempotency_key(request) if route.idempotent else None
        etag = request.headers.get("if-none-match") if route.conditional else None
        reply = await route.handler(self._use_cases, Call(caller, path, query, body, key, etag, digest))
        return render(reply)


def render(reply: Reply) -> Response:
    """A reply as JSON; 204 and 304 have no body."""
    if reply.stream is not None:
        return StreamingResponse(
            reply.stream, reply.status, headers=dict(reply.headers), media_type=reply.media_type
        )
    if reply.body is None:
        return Response(status_code=reply.status, headers=dict(reply.headers))
    return Response(
        ENCODER.encode(reply.body), status_code=reply.status, headers=dict(reply.headers), media_type=JSON
    )


async def read_body(request: Request, limit: int) -> bytearray:
    """The body, counted while it streams in; a declared or real size over the limit is refused at once."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > 15 or int(declared) > limit):
        refuse_size(limit)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            refuse_size(limit)
    return body


def refuse_size(limit: int) -> NoReturn:
    raise BodyTooLarge(f"the body is larger than {limit} bytes", field="body", fix="send smaller requests")


def read_query(request: Request, target: type[In]) -> Any:
    """The query string as the route's struct; unknown and repeated parameters are refused."""
    values: dict[str, str] = {}
    if request.scope["query_string"]:
        for name, value in request.query_params.multi_items():
            if name in values:
                raise InvalidInput(
                    f"query parameter {name[:100]} is given twice", field=name[:100], fix="give it once"
                )
            values[name] = value
    return convert_strings(values, target, where="query")


def path_parameters(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Path parameters by their declared types; a text that cannot be an id is invalid, not absent."""
    found: dict[str, Any] = {}
    for name, text in raw.items():
        if "\x00" in text:
            raise InvalidInput(f"{name} holds a NUL character", field=name, fix="remove it")
        try:
            found[name] = msgspec.convert(text, PARAMETERS[name], strict=False)
        except msgspec.ValidationError as error:
            raise InvalidInput(f"{name}: {error}", field=name, fix="correct the path") from None
    return found


def idempotency_key(request: Request) -> str | None:
    """The Idempotency-Key header: 1 to 255 visible ASCII characters."""
    key = request.headers.get("idempotency-key")
    if key is not None and not KEY_TEXT.fullmatch(key):
        raise InvalidInput(
            "the Idempotency-Key is not 1 to 255 visible ASCII characters",
            field="Idempotency-Key",
            fix="send a fresh UUID per request",
        )
    return key


class PathEndpoint:
    """All operations of one path; an ASGI application."""

    def __init__(self, operations: Mapping[str, Operation[Any]]) -> None:
        self.operations = dict(operations)
        self.allow = ", ".join(sorted({*operations, "HEAD"} if "GET" in operations else operations))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self.respond(request)
        await response(scope, receive, send)

    async def respond(self, request: Request) -> Response:
        """Never raises for what a caller sent or for what the platform could not do; only a gone client does."""
        method = "GET" if request.method == "HEAD" else request.method
        operation = self.operations.get(method)
        if operation is None:
            error = MethodNotAllowed(fix=f"use one of {self.allow}")
            return answered(request, error, headers={"Allow": self.allow})
        request.scope["signal.route"] = operation.route.path
        try:
            return await operation(request)
        except SignalError as error:
            return answered(request, error, headers=closing(request, error))
        except ClientDisconnect:
            raise
        except (OSError, TimeoutError) as error:
            log_failure(error, operation.route.path, request_id_of(request))
            return answered(request, Unavailable())
        except Exception as error:
            log_failure(error, operation.route.path, request_id_of(request))
            return answered(request, Failure())


def request_id_of(request: Request) -> str | None:
    found: str | None = request.scope.get("signal.request_id")
    return found


def answered(request: Request, error: SignalError, *, headers: dict[str, str] | None = None) -> Response:
    """The error for who asked, in the language that they ask for."""
    return problem_response(
        error,
        request_id=request_id_of(request),
        headers=headers,
        accept_language=request.headers.get("accept-language", ""),
    )


def closing(request: Request, error: SignalError) -> dict[str, str] | None:
    """Close the connection on a body too large to be read away.

    Otherwise the server reads what is still coming and drops it: closing at once would reset the connection, and the
    caller would lose the answer that says why.
    """
    if not isinstance(error, BodyTooLarge):
        return None
    declared = request.headers.get("content-length", "0")
    endless = declared.isdecimal() and (len(declared) > 15 or int(declared) > MAX_DROPPED)
    return {"Connection": "close"} if endless else None


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """What every unknown path answers."""
    error = NotFound("there is no such path", fix="see /openapi.json")
    await answered(Request(scope), error)(scope, receive, send)


def log_failure(error: BaseException, route: str, request_id: str | None) -> None:
    """Where it happened and of which kind; never the message, which may quote what a caller sent."""
    frames = "\n".join(
        f"  {frame.filename}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    )
    logger.error(
        "request failed: %s\n%s",
        type(error).__qualname__,
        frames,
        extra={"route": route, "request_id": request_id},
    )
