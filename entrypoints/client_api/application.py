"""The client API `/v1/client`: its whole table, and how to build it."""

from __future__ import annotations

from starlette.applications import Starlette

from entrypoints.client_api import (
    confirmation,
    events,
    identity,
    in_app,
    sdk_config,
    sdk_metrics,
    subscriptions,
)
from entrypoints.client_api.guard import InstallGuard
from entrypoints.client_api.sdk_notice import sdk_notice
from entrypoints.client_api.use_cases import ClientUseCases
from entrypoints.http.composition import compose
from entrypoints.http.route import Part, Route
from entrypoints.http.settings import HttpSettings

ROUTES: tuple[Route[ClientUseCases], ...] = (
    *events.ROUTES,
    *sdk_config.ROUTES,
    *subscriptions.ROUTES,
    *confirmation.ROUTES,
    *identity.ROUTES,
    *in_app.ROUTES,
    *sdk_metrics.ROUTES,
)


def client_part(use_cases: ClientUseCases, settings: HttpSettings) -> Part[ClientUseCases]:
    """The client API's share of an application; `compose` makes one of several parts."""
    return Part(
        ROUTES, use_cases, InstallGuard(use_cases.authenticate_install, use_cases.check_sdk, settings)
    )


def build_client_api(use_cases: ClientUseCases, settings: HttpSettings) -> Starlette:
    """The client API alone, with its own `/openapi.json` and `/docs`; the caller owns what the use cases opened."""
    return compose([client_part(use_cases, settings)], settings, frames=[sdk_notice(use_cases)])
