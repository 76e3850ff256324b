"""Parts to one ASGI application: their routes, `/openapi.json`, `/docs`, and the frame around every request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.routing import Route as Endpoint
from starlette.types import ASGIApp, Receive, Scope, Send

from application.ports.measures import RequestMeasures
from application.ports.tracing import NO_TRACES, Tracer
from entrypoints.http.access import Access as AccessFrame
from entrypoints.http.docs_page import DOCS_POLICY, docs_page
from entrypoints.http.languages import Language, language_of
from entrypoints.http.openapi import openapi_document
from entrypoints.http.operation import Operation, PathEndpoint, not_found
from entrypoints.http.route import JSON, Part, Route
from entrypoints.http.settings import HttpSettings

SLASHES = frozenset({"external_id", "recipient"})
"""Path parameters that may hold a slash; they stand last in their path."""


def compose(
    parts: Sequence[Part[Any]],
    settings: HttpSettings,
    also: Sequence[BaseRoute] = (),
    measures: RequestMeasures | None = None,
    frames: Sequence[Middleware] = (),
    tracer: Tracer = NO_TRACES,
) -> Starlette:
    """One application of all parts; it has no lifespan of its own: what the use cases need is opened by bootstrap.

    `also` are routes that are no API: they stand in no document. `measures` hears of every answer, `tracer` of every
    request. `frames` stand around what answers, refusals included.
    """
    routes: list[Route[Any]] = [route for part in parts for route in part.routes]

    # When somebody asks, and then in a thread: it takes a third of a second, of which a start would be longer.
    @cache
    def document() -> dict[str, Any]:
        return openapi_document(routes, settings)

    @cache
    def text() -> bytes:
        return msgspec.json.encode(document())

    @cache
    def page(language: Language) -> bytes:
        return docs_page(document(), language).encode()

    async def openapi(request: Request) -> Response:
        return Response(await asyncio.to_thread(text), media_type=JSON)

    async def docs(request: Request) -> Response:
        language = language_of(request.query_params.get("lang"), request.headers.get("accept-language", ""))
        headers = {
            "Content-Security-Policy": DOCS_POLICY,
            "Content-Language": language,
            "Vary": "Accept-Language",
        }
        return Response(await asyncio.to_thread(page, language), headers=headers, media_type="text/html")

    endpoints = _endpoints(parts, settings)
    app = Starlette(
        routes=[
            *endpoints,
            *also,
            Endpoint("/openapi.json", openapi, methods=["GET"], include_in_schema=False),
            Endpoint("/docs", docs, methods=["GET"], include_in_schema=False),
        ],
        middleware=[
            Middleware(AccessFrame, log=settings.access_log, measures=measures, tracer=tracer),
            *frames,
            Middleware(Straight, endpoints=endpoints),
        ],
    )
    app.router.redirect_slashes = False
    app.router.default = not_found
    return app


class Straight:
    """ASGI middleware: a path without parameters goes to its operations at once, not past every other route's pattern."""

    def __init__(self, app: ASGIApp, endpoints: Sequence[Endpoint]) -> None:
        self._app = app
        self._known = {one.path: one.app for one in endpoints if "{" not in one.path}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        known = None
        if scope["type"] == "http" and not scope.get("root_path"):
            known = self._known.get(scope["path"])
        await (known or self._app)(scope, receive, send)


def _endpoints(parts: Sequence[Part[Any]], settings: HttpSettings) -> list[Endpoint]:
    """One endpoint a path, fixed paths before those with parameters, so that `batch` is never read as an id."""
    by_path: dict[str, dict[str, Operation[Any]]] = {}
    for part in parts:
        for route in part.routes:
            operations = by_path.setdefault(route.path, {})
            assert route.method not in operations, f"{route.method} {route.path} is declared twice"
            operations[route.method] = Operation(route, part.use_cases, part.guard, settings)
    paths = sorted(
        by_path, key=lambda path: (path.count("{"), any(f"{{{name}}}" in path for name in SLASHES))
    )
    return [Endpoint(starlette_path(path), PathEndpoint(by_path[path])) for path in paths]


def starlette_path(path: str) -> str:
    """The path as the router reads it: parameters that may hold a slash take the rest of the path."""
    for name in SLASHES:
        path = path.replace(f"{{{name}}}", f"{{{name}:path}}")
    return path
