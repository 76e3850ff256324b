"""Around every request: its id, security headers, one access line with the route's template (never the raw path)."""

from __future__ import annotations

import logging
import re
from random import getrandbits
from time import perf_counter

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from application.ports import log_context
from application.ports.measures import RequestMeasures
from application.ports.tracing import NO_TRACES, NOTHING, TRACEPARENT, Kind, Span, TraceContext, Tracer

logger = logging.getLogger("automata_signal.access")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
STRANGERS = ("/v1/client", "/v1/callbacks")
"""Devices and providers are not trusted to say that a trace goes on; nor are browsers, which call nothing below /v1."""
UNTRACED = frozenset({"/healthz", "/readyz"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

_SECURITY = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


class Access:
    """ASGI middleware; sets `signal.request_id` in the scope, reads `signal.route` from it."""

    def __init__(
        self,
        app: ASGIApp,
        log: bool = True,
        measures: RequestMeasures | None = None,
        tracer: Tracer = NO_TRACES,
    ) -> None:
        self._app = app
        self._log = log
        self._measures = measures
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with self._span(scope) as span:
            await self._serve(scope, receive, send, span)

    def _span(self, scope: Scope) -> Span:
        """Around the request, unless tracing is off."""
        if not self._tracer.on or scope["path"] in UNTRACED:
            return NOTHING
        trusted = scope["path"].startswith("/v1/") and not scope["path"].startswith(STRANGERS)
        parent = traced_by_caller(scope) if trusted else None
        return self._tracer.start(_method(scope), Kind.SERVER, parents=() if parent is None else (parent,))

    async def _serve(self, scope: Scope, receive: Receive, send: Send, span: Span) -> None:
        request_id = named_by_caller(scope) or f"{getrandbits(128):032x}"
        scope["signal.request_id"] = request_id
        before = log_context.REQUEST_ID.set(request_id)
        started = perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                given = {name.lower() for name, _ in headers}
                headers.append((b"x-request-id", request_id.encode()))
                headers.extend(header for header in _SECURITY if header[0] not in given)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = 499  # what access logs of proxies write for a client that went away
        finally:
            log_context.REQUEST_ID.reset(before)
            elapsed = perf_counter() - started
            if span.context is not None:
                _describe(span, scope, status or 500, request_id)
            if self._measures is not None:
                self._measures.answered(
                    _method(scope), scope.get("signal.route", "unknown"), status or 500, elapsed
                )
            if self._log and logger.isEnabledFor(logging.INFO):
                logger.info(
                    "request",
                    extra={
                        "method": scope["method"],
                        "route": scope.get("signal.route", "unknown"),
                        "status": status,
                        "elapsed_ms": round(elapsed * 1000, 2),
                        "request_id": request_id,
                    },
                )


def _method(scope: Scope) -> str:
    """A method that is a label: what is not usual is one and the same."""
    return scope["method"] if scope["method"] in METHODS else "other"


def _describe(span: Span, scope: Scope, status: int, request_id: str) -> None:
    """What the span says of its request: the template of the path, never the path."""
    method, route = _method(scope), scope.get("signal.route", "unknown")
    span.rename(f"{method} {route}")
    span.note(
        {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
            "signal.request_id": request_id,
        }
    )
    if status >= 500:
        span.fail(str(status))


def traced_by_caller(scope: Scope) -> TraceContext | None:
    """The span of the caller's, where the request names one that can be read."""
    wanted = TRACEPARENT.encode()
    given = [value for name, value in scope["headers"] if name == wanted]
    return TraceContext.parse(given[0].decode("latin-1")) if len(given) == 1 else None


def named_by_caller(scope: Scope) -> str | None:
    """The caller's X-Request-Id when it is harmless in a log line."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if REQUEST_ID.fullmatch(text) else None
    return None
