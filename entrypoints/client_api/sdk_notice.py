"""Tells old SDKs that they will not be served for ever: the header Deprecation (RFC 9745) on every answer, errors included."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from application.applications.commands import CheckSdkCommand
from application.applications.tell_deprecation import TellDeprecation
from domain.shared.errors import SignalError
from entrypoints.client_api.use_cases import ClientUseCases

PREFIX: Final = "/v1/client/"
TOO_MANY: Final = 429
MOST: Final = 1_000
"""Applications that are remembered to exist; all are forgotten when there are more."""


def sdk_notice(use_cases: ClientUseCases) -> Middleware:
    """For `compose`, outside of everything that may refuse a call."""
    return Middleware(SdkNotice, tell_deprecation=use_cases.tell_deprecation)


class SdkNotice:
    """ASGI middleware. What an SDK has to know of its age does not depend on how its call went."""

    def __init__(self, app: ASGIApp, tell_deprecation: TellDeprecation) -> None:
        self._app = app
        self._tell = tell_deprecation
        self._exist: set[UUID] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        command = _asked(scope)
        if command is None:
            await self._app(scope, receive, send)
            return

        async def send_with_notice(message: Message) -> None:
            if message["type"] == "http.response.start":
                header = await self._notice(command, message["status"])
                if header is not None:
                    message.setdefault("headers", []).append(header)
            await send(message)

        await self._app(scope, receive, send_with_notice)

    async def _notice(self, command: CheckSdkCommand, status: int) -> tuple[bytes, bytes] | None:
        """Callers that are turned away for calling too often cause no look-up of applications that nobody knows."""
        if status == TOO_MANY and command.application_id not in self._exist:
            return None
        try:
            since = await self._tell(command)
        except SignalError:
            return None  # there is no such application, or the database is away: the answer itself says so
        if len(self._exist) >= MOST:
            self._exist.clear()
        self._exist.add(command.application_id)
        return None if since is None else (b"deprecation", b"@%d" % int(since.timestamp()))


def _asked(scope: Scope) -> CheckSdkCommand | None:
    """None for everything that is no call of an SDK."""
    if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
        return None
    sdk = application = None
    for name, value in scope["headers"]:
        if name == b"x-sdk":
            sdk = value.decode("latin-1")
        elif name == b"x-app-id":
            application = value
    if sdk is None or application is None or len(application) != 36:
        return None
    try:
        return CheckSdkCommand(application_id=UUID(application.decode("latin-1")), header=sdk)
    except ValueError:
        return None
