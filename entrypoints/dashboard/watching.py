"""Streams behind pages: who may look, and one computation for all who look at the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from application.applications.commands import ReadApplicationCommand
from domain.operators.roles import Right
from domain.shared.errors import NotFound, RateLimited
from entrypoints.dashboard.frame import SESSION_COOKIE, Frame, preferred
from entrypoints.dashboard.live import LiveFigures
from entrypoints.dashboard.use_cases import DashboardUseCases
from entrypoints.dashboard.wording import Wording, wording

Ids = Mapping[str, UUID]
"""The ids in the path, by their names; `application_id` is one."""
Read = Callable[[DashboardUseCases, Ids, Wording], Awaitable[dict[str, Any]]]
"""What a page shows now."""
Check = Callable[[DashboardUseCases, Ids], Awaitable[object]]
"""Raises NotFound for what the ids beside the application's name."""


def watching(
    frame: Frame, live: LiveFigures, path: str, name: str, read: Read, check: Check | None = None
) -> Route:
    """The stream at `path`, which names the application; computed once for all who look at the same in one language."""

    async def watch(request: Request) -> Response:
        async def answer() -> Response:
            use_cases = frame.use_cases
            operator = await use_cases.authenticate_session(request.cookies.get(SESSION_COOKIE))
            operator.check_may(Right.READ)
            if live.full:
                raise RateLimited("too many pages are watching", retry_after=5.0)
            try:
                ids = {key: UUID(value) for key, value in request.path_params.items()}
            except ValueError:
                raise NotFound("there is no such page") from None
            application = await use_cases.read_application(
                ReadApplicationCommand(application_id=ids["application_id"])
            )
            if check is not None:
                await check(use_cases, ids)
            words = wording(preferred(request, operator), application.settings.time_zone)

            async def compute() -> bytes:
                return msgspec.json.encode(await read(use_cases, ids, words))

            stream = live.stream(" ".join((name, *map(str, ids.values()), words.language)), compute)
            return StreamingResponse(stream, media_type="text/event-stream")

        return await frame.guarded(request, path, answer)

    return Route(path, watch, methods=["GET"], include_in_schema=False)
