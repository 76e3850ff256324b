"""`openapi`: the document that `/openapi.json` answers, without starting anything."""

from __future__ import annotations

import json

import typer

from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text
from entrypoints.client_api.application import ROUTES as CLIENT_ROUTES
from entrypoints.http.openapi import openapi_document
from entrypoints.http.route import Route
from entrypoints.http.settings import HttpSettings
from entrypoints.rest.application import ROUTES as REST_ROUTES


def register_openapi(app: typer.Typer) -> None:
    """Add `openapi` to the command line."""

    @app.command(help=help_text("openapi"))
    def openapi() -> None:
        routes: list[Route[object]] = [*REST_ROUTES, *CLIENT_ROUTES]  # type: ignore[list-item]
        document = openapi_document(routes, HttpSettings())
        Terminal.current().line(json.dumps(document, indent=2, ensure_ascii=False))
