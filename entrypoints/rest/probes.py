"""Is the process alive, is it ready, and who is calling."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from domain.applications.principal import Principal
from domain.shared.errors import Unavailable
from entrypoints.http.decoding import Out
from entrypoints.http.route import Access, Call, Reply, Route
from entrypoints.rest.use_cases import RestUseCases


class Alive(Out):
    """The process answers."""

    status: Literal["alive"]


class Ready(Out):
    """Everything that is needed to accept messages answers."""

    status: Literal["ready"]
    checks: dict[str, bool]


class NotReady(Unavailable):
    """Something that is needed does not answer."""

    code = "not_ready"


class Me(Out):
    """The key that was sent."""

    kind: Literal["operator", "application"]
    application_id: UUID | None
    key_id: str
    scopes: list[str]


async def healthz(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /healthz"""
    return Reply(Alive(status="alive"))


async def readyz(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /readyz"""
    checks = dict(await use_cases.readiness())
    if not all(checks.values()):
        failing = sorted(name for name, ok in checks.items() if not ok)
        raise NotReady(f"not ready: {', '.join(failing)}", extra={"failing": failing})
    return Reply(Ready(status="ready", checks=checks))


async def read_me(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/me"""
    principal: Principal = call.caller.identity
    return Reply(
        Me(
            kind=principal.kind,
            application_id=principal.application_id,
            key_id=principal.key_id,
            scopes=sorted(principal.scopes),
        )
    )


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/me",
        name="read_me",
        tag="me",
        summary="Who am I",
        access=Access.KEY,
        replies={200: Me},
        handler=read_me,
    ),
    Route(
        method="GET",
        path="/healthz",
        name="healthz",
        tag="probes",
        summary="The process is alive",
        access=Access.PUBLIC,
        replies={200: Alive},
        handler=healthz,
    ),
    Route(
        method="GET",
        path="/readyz",
        name="readyz",
        tag="probes",
        summary="The process can accept messages",
        access=Access.PUBLIC,
        replies={200: Ready},
        handler=readyz,
    ),
)
