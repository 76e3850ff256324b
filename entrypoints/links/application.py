"""The endpoints behind a mail's links.

GET /u/{token} shows a page and changes nothing, because mail scanners follow links; POST /u/{token} unsubscribes: the page's
button, and the mailbox provider's one-click request (RFC 8058), which is answered 200 without a redirect. GET /c/{token}
leads on, GET /o/{token}.gif is a picture of one pixel. HEAD never counts. Tokens are in no log.
"""

from __future__ import annotations

import base64
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from application.audience.unsubscribe_by_link import UnsubscribeByLink
from application.messaging.follow_links import FollowLinks
from domain.shared.errors import NotFound
from entrypoints.http.operation import read_body
from entrypoints.links.guarding import LinkLimits, guarded, shown
from entrypoints.links.pages import FORM_FIELD

UNSUBSCRIBE: Final = "/u/{token}"
CLICK: Final = "/c/{token}"
OPEN: Final = "/o/{token}.gif"
BODY_LIMIT: Final = 8_192
PIXEL: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
QUIET: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


def link_endpoints(
    unsubscribe: UnsubscribeByLink, follow: FollowLinks, limits: LinkLimits | None = None
) -> list[Route]:
    """The routes; they stand in no document and need no key."""
    limits = limits or LinkLimits()

    async def ask(request: Request) -> Response:
        if request.method == "POST":
            return await leave(request)
        unsubscribe.check(request.path_params["token"])
        return shown("confirm", request)

    async def leave(request: Request) -> Response:
        body = bytes(await read_body(request, BODY_LIMIT))
        if not _is_meant(body):
            return shown("bad_request", request)
        await unsubscribe(request.path_params["token"])
        return shown("done", request)

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
        Route(
            UNSUBSCRIBE, guarded(ask, UNSUBSCRIBE, limits), methods=["GET", "POST"], include_in_schema=False
        ),
        Route(CLICK, guarded(lead_on, CLICK, limits), methods=["GET"], include_in_schema=False),
        Route(OPEN, guarded(show, OPEN, limits), methods=["GET"], include_in_schema=False),
    ]


def _is_meant(body: bytes) -> bool:
    """One-click's field, in either form encoding, or the page's own."""
    if b"List-Unsubscribe" in body and b"One-Click" in body:
        return True
    return FORM_FIELD in parse_qs(body.decode("latin-1"))
