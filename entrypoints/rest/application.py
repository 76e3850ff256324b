"""REST `/v1`: its whole table, and how to build it."""

from __future__ import annotations

from starlette.applications import Starlette

from entrypoints.http.composition import compose
from entrypoints.http.route import Part, Route
from entrypoints.http.settings import HttpSettings
from entrypoints.rest import (
    alerts,
    analytics,
    applications,
    campaign_routes,
    delivery,
    exports,
    identity_keys,
    kakao,
    keys,
    ledger,
    messages,
    preferences,
    probes,
    quota,
    segments,
    sending,
    sms,
    statements,
    subscription_registration,
    subscriptions,
    suppressions,
    template_test_sends,
    template_versions,
    templates,
    users,
    webhook_deliveries,
    webhooks,
)
from entrypoints.rest.guard import KeyGuard
from entrypoints.rest.use_cases import RestUseCases

ROUTES: tuple[Route[RestUseCases], ...] = (
    *sending.ROUTES,
    *messages.ROUTES,
    *subscription_registration.ROUTES,
    *subscriptions.ROUTES,
    *preferences.ROUTES,
    *users.ROUTES,
    *campaign_routes.ROUTES,
    *segments.ROUTES,
    *templates.ROUTES,
    *template_versions.ROUTES,
    *template_test_sends.ROUTES,
    *suppressions.ROUTES,
    *applications.ROUTES,
    *keys.ROUTES,
    *identity_keys.ROUTES,
    *delivery.ROUTES,
    *quota.ROUTES,
    *ledger.ROUTES,
    *analytics.ROUTES,
    *exports.ROUTES,
    *statements.ROUTES,
    *sms.ROUTES,
    *kakao.ROUTES,
    *webhooks.ROUTES,
    *webhook_deliveries.ROUTES,
    *alerts.ROUTES,
    *probes.ROUTES,
)


def rest_part(use_cases: RestUseCases, settings: HttpSettings) -> Part[RestUseCases]:
    """REST's share of an application; `compose` makes one of several parts."""
    return Part(ROUTES, use_cases, KeyGuard(use_cases.authenticate_key, settings))


def build_rest(use_cases: RestUseCases, settings: HttpSettings) -> Starlette:
    """REST alone, with its own `/openapi.json` and `/docs`; the caller owns what the use cases opened."""
    return compose([rest_part(use_cases, settings)], settings)
