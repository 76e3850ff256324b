"""Tells old SDKs that they will not be served for ever: the header Deprecation (RFC 9745) on every answer."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from domain.applications.sdk_version import check_sdk
from entrypoints.client_api.guard import Known
from entrypoints.client_api.use_cases import ClientUseCases
from entrypoints.http.route import Call, Handler, Reply, Route


def with_notice(route: Route[ClientUseCases]) -> Route[ClientUseCases]:
    """The route, its answers to known installs bearing the notice where it is due."""

    async def handler(use_cases: ClientUseCases, call: Call) -> Reply:
        reply = await route.handler(use_cases, call)
        notice = _notice(call)
        return reply if not notice else attrs.evolve(reply, headers={**reply.headers, **notice})

    noticed: Handler[ClientUseCases] = handler
    return attrs.evolve(route, handler=noticed)


def _notice(call: Call) -> Mapping[str, str]:
    caller = call.caller.identity
    if not isinstance(caller, Known):
        return {}
    application = caller.authenticated.application
    if not check_sdk(application.settings, caller.sdk):
        return {}
    return {"Deprecation": f"@{int(application.updated_at.timestamp())}"}
