"""The OpenAPI 3.1 document, made from the route tables and the structs that decode and encode; nothing by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from entrypoints.http.decoding import In
from entrypoints.http.examples import add_examples
from entrypoints.http.problem import PROBLEM_JSON, TITLES, Problem
from entrypoints.http.route import EVENT_STREAM, JSON, NDJSON, PARAMETERS, Access, Route
from entrypoints.http.settings import HttpSettings

REF = "#/components/schemas/{name}"
SECURITY: Mapping[Access, list[dict[str, list[str]]]] = {
    Access.PUBLIC: [{}],
    Access.KEY: [{"applicationKey": []}, {"operatorKey": []}],
    Access.OPERATOR: [{"operatorKey": []}],
    Access.PATH: [{"applicationKey": []}, {"operatorKey": []}],
    Access.DATA: [{"applicationKey": []}, {"operatorKey": []}],
    Access.INSTALL: [{"clientApp": [], "clientInstall": [], "clientSecret": []}],
    Access.FIRST_CALL: [
        {"clientApp": [], "clientInstall": [], "clientSecret": []},
        {"clientApp": [], "clientInstall": []},
    ],
}
SCHEMES: dict[str, Any] = {
    "applicationKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "as_live_<id>_<secret>",
        "description": "An application's key; acts on that application, within the key's scopes.",
    },
    "operatorKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "as_operator_<id>_<secret>",
        "description": "The operator's key; names the application in the path or in X-Application-Id.",
    },
    "clientApp": {
        "type": "apiKey",
        "in": "header",
        "name": "X-App-Id",
        "description": "The application's id.",
    },
    "clientInstall": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Install-Id",
        "description": "An id that the SDK makes once per install.",
    },
    "clientSecret": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Install-Secret",
        "description": "Given once, by the first registration of the install.",
    },
}
ERRORS = {
    400: "The body is not valid JSON.",
    401: "No valid credentials.",
    402: "The prepaid credit does not cover the messages.",
    403: "The key lacks the scope, or the application is inactive.",
    404: "No such resource in this application.",
    409: "The present state does not allow it; or the Idempotency-Key was used with another body.",
    413: "The body is too large.",
    415: "The media type is not taken here.",
    422: "Something in the request cannot be used; `field` names it, `fix` says what to do.",
    429: "Too many requests, or the quota is used up (`reset_date`).",
    503: "Try again after Retry-After seconds; with an Idempotency-Key nothing happens twice.",
}
DESCRIPTION = """\
Send messages, keep an audience, watch what became of every message.

Ids are UUIDs, times RFC 3339 in UTC, money decimal text. Errors are RFC 9457 problems with a stable `code`;
what people read of them is Korean where `Accept-Language` prefers it.
Lists are read with `limit` and `cursor` (the `next_cursor` of the page before). Routes that create messages take an
`Idempotency-Key`, kept for 30 days: repeating a call answers the first result with `Idempotency-Replayed: true`.
PUT, PATCH, DELETE and the POST routes that set a state (pause, disable, enable, cancel, login, logout, tags) lead to
the same state when repeated.
"""


def openapi_document(routes: Sequence[Route[Any]], settings: HttpSettings) -> dict[str, Any]:
    """The document for these routes, in their order."""
    refs, components = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refs, components)
    add_examples(paths)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": settings.document_title,
            "version": settings.document_version,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": SCHEMES,
            "responses": {f"Problem{status}": _problem(status, text) for status, text in ERRORS.items()},
        },
    }


def _schemas(routes: Iterable[Route[Any]]) -> tuple[dict[type, dict[str, Any]], dict[str, Any]]:
    types: list[type] = [Problem]
    for route in routes:
        for one in (route.body, route.line, route.query, *route.replies.values()):
            if one is not None and one not in types:
                types.append(one)
    schemas, components = msgspec.json.schema_components(types, ref_template=REF)
    for struct in _descendants(In):
        if struct.__name__ in components:
            components[struct.__name__].update(struct.schema_rule)
    return dict(zip(types, schemas, strict=True)), components


def _descendants(struct: type[In]) -> Iterable[type[In]]:
    for one in struct.__subclasses__():
        yield one
        yield from _descendants(one)


def _operation(
    route: Route[Any], refs: Mapping[type, dict[str, Any]], components: Mapping[str, Any]
) -> dict[str, Any]:
    described = route.description
    if route.scope:
        described = f"{described}\n\nScope: `{route.scope}`.".strip()
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": route.summary,
        "security": SECURITY[route.access],
        "responses": {},
    }
    if described:
        operation["description"] = described
    if route.scope:
        operation["x-scope"] = route.scope
    if parameters := [*_path(route), *_query(route, components), *_headers(route)]:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": refs[route.body]}}}
        if route.line is not None:
            operation["requestBody"]["content"][NDJSON] = {
                "schema": {"type": "string", "description": f"One {route.line.__name__} a line."}
            }
    for status, body in sorted(route.replies.items()):
        operation["responses"][str(status)] = _reply(route, status, body, refs)
    for status in route.statuses():
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    return operation


def _path(route: Route[Any]) -> Iterable[dict[str, Any]]:
    for name in route.parameters:
        yield {"name": name, "in": "path", "required": True, "schema": msgspec.json.schema(PARAMETERS[name])}


def _query(route: Route[Any], components: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    if route.query is None:
        return
    shape = components[route.query.__name__]
    for name, schema in shape["properties"].items():
        yield {"name": name, "in": "query", "required": name in shape.get("required", ()), "schema": schema}


def _headers(route: Route[Any]) -> Iterable[dict[str, Any]]:
    if route.access is Access.DATA:
        yield {
            "name": "X-Application-Id",
            "in": "header",
            "required": False,
            "description": "Which application; needed with the operator's key.",
            "schema": {"type": "string", "format": "uuid"},
        }
    if route.idempotent:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "Makes a repeat answer the first result instead of sending again.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"},
        }
    if route.conditional:
        yield {
            "name": "If-None-Match",
            "in": "header",
            "required": False,
            "description": "The ETag of what is known already: 304 when nothing changed.",
            "schema": {"type": "string", "maxLength": 256},
        }


def _reply(
    route: Route[Any], status: int, body: type | None, refs: Mapping[type, dict[str, Any]]
) -> dict[str, Any]:
    reply: dict[str, Any] = {"description": REPLIES[status]}
    if body is not None and route.event_stream:
        told = {"type": "string", "contentMediaType": JSON, "contentSchema": refs[body]}
        event = {"type": "object", "properties": {"event": {"type": "string"}, "data": told}}
        reply["content"] = {EVENT_STREAM: {"schema": event}}
    elif route.files and status == 200:
        reply["content"] = {media: {"schema": {"type": "string"}} for media in route.files}
    elif body is not None:
        reply["content"] = {JSON: {"schema": refs[body]}}
    reply["headers"] = {"X-Request-Id": {"schema": {"type": "string"}}}
    if route.conditional:
        reply["headers"]["ETag"] = {"schema": {"type": "string"}}
    if route.idempotent:
        reply["headers"]["Idempotency-Replayed"] = {
            "description": "`true` when an earlier call with this key did the work.",
            "schema": {"type": "string", "enum": ["true"]},
        }
    return reply


REPLIES = {
    200: "Done.",
    201: "Created.",
    202: "Accepted: stored, and it will be sent.",
    204: "Done; there is nothing to tell.",
    304: "Nothing changed since the answer with this ETag.",
}


def _problem(status: int, text: str) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": f"{TITLES[status]}. {text}",
        "content": {PROBLEM_JSON: {"schema": {"$ref": REF.format(name="Problem")}}},
    }
    if status in (429, 503):
        response["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
        }
    if status == 401:
        response["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return response
