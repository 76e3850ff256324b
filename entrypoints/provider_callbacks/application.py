"""Provider callbacks over HTTP: a raw request in, the channel's reader decides, a plain answer out.

The secret part of the path is neither logged nor answered; whatever is wrong with the address is 404.
"""

from __future__ import annotations

import logging
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from application.messaging.receive_callback import CallbackRequest, ReceiveCallback
from domain.shared.errors import NotFound, SignalError
from entrypoints.http.operation import read_body
from entrypoints.http.problem import Failure, problem_response
from entrypoints.http.settings import MIB

logger = logging.getLogger("automata_signal.http")

PATH = "/v1/callbacks/{provider}/{application_id}/{token}"
BODY_LIMIT = MIB


def callback_endpoints(receive: ReceiveCallback, public_url: str) -> list[Route]:
    """The one route; `public_url` is how providers reach this platform (empty: as the request says)."""

    async def endpoint(request: Request) -> Response:
        request.scope["signal.route"] = PATH
        request_id = request.scope.get("signal.request_id")
        try:
            return await _answer(request, receive, public_url)
        except SignalError as error:
            return problem_response(error, request_id=request_id)
        except Exception:
            logger.exception("callback failed", extra={"request_id": request_id})
            return problem_response(Failure(), request_id=request_id)

    return [Route(PATH, endpoint, methods=["GET", "POST"], include_in_schema=False)]


async def _answer(request: Request, receive: ReceiveCallback, public_url: str) -> Response:
    path = request.path_params
    try:
        application_id = UUID(path["application_id"])
    except ValueError:
        raise NotFound("there is no such address") from None
    body = await read_body(request, BODY_LIMIT)
    query = f"?{request.url.query}" if request.url.query else ""
    origin = public_url or f"{request.url.scheme}://{request.url.netloc}"
    answer = await receive(
        path["provider"],
        application_id,
        path["token"],
        CallbackRequest(
            request.method,
            f"{origin}{request.url.path}{query}",
            dict(request.headers),
            dict(request.query_params),
            bytes(body),
        ),
    )
    return Response(answer.body, answer.status, media_type=answer.content_type)
