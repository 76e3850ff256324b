"""Who may call what: bearer keys, scopes, the application a call acts on, and the rates of keys and strangers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.requests import Request

from application.applications.authenticate_key import AuthenticateKey
from domain.applications.principal import Principal
from domain.applications.scopes import Scope
from domain.shared.errors import Forbidden, InvalidInput, Unauthenticated
from entrypoints.http.rate_limit import RateLimiter
from entrypoints.http.route import Access, Caller, Route
from entrypoints.http.settings import HttpSettings

PUBLIC = Caller(None)
MAX_KEY = 200


class KeyGuard:
    """Raise Unauthenticated, Forbidden, NotFound or RateLimited; answer the caller and the application."""

    def __init__(self, authenticate: AuthenticateKey, settings: HttpSettings) -> None:
        self._authenticate = authenticate
        entries = settings.rate_limit_entries
        self._keys = RateLimiter(settings.key_rate_per_second, settings.key_burst, entries=entries)
        self._failures = RateLimiter(settings.failed_rate_per_second, settings.failed_burst, entries=entries)

    async def __call__(self, request: Request, route: Route[Any]) -> Caller:
        if route.access is Access.PUBLIC:
            return PUBLIC
        principal = await self._principal(request)
        self._keys.take(principal.key_id)
        if route.access is Access.OPERATOR and not principal.is_operator:
            raise Forbidden("this takes the operator's key", fix="use an as_operator_… key")
        if route.scope is not None:
            principal.require(Scope(route.scope))
        return Caller(principal, _application(principal, request, route))

    async def _principal(self, request: Request) -> Principal:
        peer = request.client.host if request.client else "unknown"
        self._failures.check(peer)
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        try:
            if scheme.lower() != "bearer" or not 0 < len(key) <= MAX_KEY:
                raise Unauthenticated(fix="send Authorization: Bearer as_live_…")
            return await self._authenticate(key.strip())
        except Unauthenticated:
            self._failures.take(peer)
            raise


def _application(principal: Principal, request: Request, route: Route[Any]) -> UUID | None:
    if route.access is Access.PATH:
        return principal.act_on(_uuid(request.path_params["application_id"], "application_id"))
    if route.access is not Access.DATA:
        return principal.application_id
    named = request.headers.get("x-application-id")
    if named is not None:
        return principal.act_on(_uuid(named, "X-Application-Id"))
    if principal.application_id is None:
        raise InvalidInput(
            "an operator's key acts on no application by itself",
            field="X-Application-Id",
            fix="send its id here",
        )
    return principal.application_id


def _uuid(text: str, field: str) -> UUID:
    if len(text) == 36:
        try:
            return UUID(text)
        except ValueError:
            pass
    raise InvalidInput(f"{field} is not a UUID", field=field, fix="send the application's id")
