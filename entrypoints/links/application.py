"""The endpoints behind a mail's links.

GET /u/{token} shows a page and changes nothing, because mail scanners follow links; POST /u/{token} unsubscribes: the page's
button, and the mailbox provider's one-click request (RFC 8058), which is answered 200 without a redirect. GET /c/{token}
leads on, GET /o/{token}.gif is a picture of one pixel. HEAD never counts. Tokens are in no log.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from application.audience.unsubscribe_by_link import UnsubscribeByLink
from application.messaging.follow_links import FollowLinks
from domain.shared.errors import InvalidInput, NotFound, SignalError
from entrypoints.http.docs_page import Language, language_of
from entrypoints.http.operation import read_body
from entrypoints.links.pages import FORM_FIELD, HEADERS, Page, page

logger = logging.getLogger("automata_signal.http")

UNSUBSCRIBE: Final = "/u/{token}"
CLICK: Final = "/c/{token}"
OPEN: Final = "/o/{token}.gif"
BODY_LIMIT: Final = 8_192
PIXEL: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
QUIET: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_STATUS: Final[dict[Page, int]] = {
    "confirm": 200,
    "done": 200,
    "unknown": 404,
    "later": 503,
    "bad_request": 400,
}

Endpoint = Callable[[Request], Awaitable[Response]]


def link_endpoints(unsubscribe: UnsubscribeByLink, follow: FollowLinks) -> list[Route]:
    """The routes; they stand in no document and need no key."""

    async def ask(request: Request) -> Response:
        if request.method == "POST":
            return await leave(request)
        unsubscribe.check(request.path_params["token"])
        return _page("confirm", request)

    async def leave(request: Request) -> Response:
        body = bytes(await read_body(request, BODY_LIMIT))
        if not _is_meant(body):
            return _page("bad_request", request)
        await unsubscribe(request.path_params["token"])
        return _page("done", request)

    async def lead_on(request: Request) -> Response:
        agent = request.headers.get("user-agent", "")
        target = await follow.clicked(request.path_params["token"], agent, count=request.method != "HEAD")
        if not target.startswith(("https://", "http://")):
            raise NotFound("this link leads nowhere")
        return RedirectResponse(target, 302, QUIET)

    async def show(request: Request) -> Response:
        if request.method != "HEAD":
            await follow.opened(request.path_params["token"], request.headers.get("user-agent", ""))
        return Response(PIXEL, media_type="image/gif", headers=QUIET)

    return [
        Route(UNSUBSCRIBE, _guarded(ask, UNSUBSCRIBE), methods=["GET", "POST"], include_in_schema=False),
        Route(CLICK, _guarded(lead_on, CLICK), methods=["GET"], include_in_schema=False),
        Route(OPEN, _guarded(show, OPEN), methods=["GET"], include_in_schema=False),
    ]


def _guarded(endpoint: Endpoint, path: str) -> Endpoint:
    """Errors as pages; the log gets the route, not the address."""

    async def answer(request: Request) -> Response:
        request.scope["signal.route"] = path
        try:
            return await endpoint(request)
        except NotFound:
            return _page("unknown", request)
        except InvalidInput:
            return _page("bad_request", request)
        except SignalError as error:
            logger.warning("a link was not served: %s", type(error).__name__)
            return _page("later", request)
        except Exception as error:
            logger.error("a link failed with %s", type(error).__name__)
            return _page("later", request)

    return answer


def _is_meant(body: bytes) -> bool:
    """One-click's field, in either form encoding, or the page's own."""
    if b"List-Unsubscribe" in body and b"One-Click" in body:
        return True
    return FORM_FIELD in parse_qs(body.decode("latin-1"))


def _page(name: Page, request: Request) -> Response:
    language: Language = language_of(
        request.query_params.get("lang"), request.headers.get("accept-language", "")
    )
    headers = {**HEADERS, "Content-Language": language}
    if name == "later":
        headers["Retry-After"] = "30"
    return HTMLResponse(page(name, language), _STATUS[name], headers)
