"""Who calls: an install of an application, known by its secret; its rate, and that of strangers and newcomers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import attrs
from starlette.requests import Request

from application.applications.check_sdk import CheckSdk
from application.applications.commands import CheckSdkCommand
from application.audience.authenticate_install import AuthenticateInstall
from application.audience.commands import AuthenticateInstallCommand
from application.audience.views import AuthenticatedInstall
from domain.applications.sdk_version import check_sdk
from domain.shared.errors import Unauthenticated
from entrypoints.http.rate_limit import RateLimiter
from entrypoints.http.route import Access, Call, Caller, Route
from entrypoints.http.settings import HttpSettings

MAX_HEADER = 128


@attrs.frozen(slots=True)
class Newcomer:
    """An install that registers for the first time, or lost the answer to its first registration."""

    application_id: UUID
    install_id: str


@attrs.frozen(slots=True)
class Known:
    """An install that presented its secret."""

    authenticated: AuthenticatedInstall
    install_id: str
    secret: str = attrs.field(repr=False)
    sdk: str | None = None
    """X-SDK, as the app sent it."""

    @property
    def row_id(self) -> UUID:
        """Our id of the install; the commands of the audience want this one."""
        return self.authenticated.install.id


def install_of(call: Call) -> UUID:
    """Our id of the install that calls."""
    known: Known = call.caller.identity
    return known.row_id


class InstallGuard:
    """Raise Unauthenticated, Forbidden (SdkTooOld) or RateLimited; answer the application and the install."""

    def __init__(
        self, authenticate: AuthenticateInstall, check_newcomer: CheckSdk, settings: HttpSettings
    ) -> None:
        self._authenticate = authenticate
        self._check_newcomer = check_newcomer
        entries = settings.rate_limit_entries
        self._installs = RateLimiter(
            settings.install_rate_per_second, settings.install_burst, entries=entries
        )
        self._newcomers = RateLimiter(
            settings.registration_rate_per_second, settings.registration_burst, entries=entries
        )
        self._failures = RateLimiter(settings.failed_rate_per_second, settings.failed_burst, entries=entries)

    async def __call__(self, request: Request, route: Route[Any]) -> Caller:
        peer = request.client.host if request.client else "unknown"
        self._failures.check(peer)
        try:
            application_id = _application_id(request.headers.get("x-app-id", ""))
            install_id = request.headers.get("x-install-id", "")
            if not 0 < len(install_id) <= MAX_HEADER:
                raise Unauthenticated("X-Install-Id is missing or too long", field="X-Install-Id")
            sdk = request.headers.get("x-sdk")
            secret = request.headers.get("x-install-secret")
            if secret is None:
                if route.access is not Access.FIRST_CALL:
                    raise Unauthenticated("X-Install-Secret is missing", field="X-Install-Secret")
                self._newcomers.take(peer)
                if sdk is not None:
                    await self._check_newcomer(CheckSdkCommand(application_id=application_id, header=sdk))
                return Caller(Newcomer(application_id, install_id), application_id)
            if not 0 < len(secret) <= MAX_HEADER:
                raise Unauthenticated("the install secret is wrong", field="X-Install-Secret")
            found = await self._authenticate(
                AuthenticateInstallCommand(
                    application_id=application_id, install_id=install_id, secret=secret
                )
            )
        except Unauthenticated:
            self._failures.take(peer)
            raise
        self._installs.take((application_id, install_id))
        check_sdk(found.application.settings, sdk)
        return Caller(Known(found, install_id, secret, sdk), application_id)


def _application_id(text: str) -> UUID:
    if len(text) == 36:
        try:
            return UUID(text)
        except ValueError:
            pass
    raise Unauthenticated("X-App-Id is missing or no id", field="X-App-Id", fix="send the application's id")
