"""What all links' endpoints share: errors become pages, guessing is slowed down, addresses stay out of the log."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from domain.shared.errors import InvalidInput, NotFound, RateLimited, SignalError
from entrypoints.http.languages import Language, language_of
from entrypoints.http.rate_limit import RateLimiter
from entrypoints.links.pages import HEADERS, Page, page

logger = logging.getLogger("automata_signal.http")

Endpoint = Callable[[Request], Awaitable[Response]]

_STATUS: Final[dict[Page, int]] = {
    "confirm": 200,
    "done": 200,
    "confirm_address": 200,
    "confirmed": 200,
    "unknown": 404,
    "too_many": 429,
    "later": 503,
    "bad_request": 400,
}
BUCKETS: Final = 20_000


class LinkLimits:
    """Per process: requests for one link, and unknown links of one peer. Mail providers fetch pictures and follow links for
    many people from few addresses, so nobody is slowed down for links that exist."""

    def __init__(
        self,
        *,
        link_per_second: float = 0.5,
        link_burst: float = 30.0,
        unknown_per_second: float = 0.5,
        unknown_burst: float = 30.0,
    ) -> None:
        self._links = RateLimiter(link_per_second, link_burst, entries=BUCKETS)
        self._unknown = RateLimiter(unknown_per_second, unknown_burst, entries=BUCKETS)

    def enter(self, request: Request) -> None:
        """Raise RateLimited."""
        self._unknown.check(_peer(request))
        self._links.take(hash(request.path_params["token"]))

    def missed(self, request: Request) -> None:
        """The link was not one of ours. Raise RateLimited when that happens too often."""
        self._unknown.take(_peer(request))


def guarded(endpoint: Endpoint, path: str, limits: LinkLimits) -> Endpoint:
    """Errors as pages; the log gets the route, not the address."""

    async def answer(request: Request) -> Response:
        request.scope["signal.route"] = path
        try:
            limits.enter(request)
            return await endpoint(request)
        except RateLimited as error:
            return shown("too_many", request, retry_after=error.retry_after)
        except NotFound:
            try:
                limits.missed(request)
            except RateLimited as error:
                return shown("too_many", request, retry_after=error.retry_after)
            return shown("unknown", request)
        except InvalidInput:
            return shown("bad_request", request)
        except SignalError as error:
            logger.warning("a link was not served: %s", type(error).__name__)
            return shown("later", request)
        except Exception as error:
            logger.error("a link failed with %s", type(error).__name__)
            return shown("later", request)

    return answer


def chosen_language(request: Request) -> Language:
    """As the address says, else as the browser does."""
    return language_of(request.query_params.get("lang"), request.headers.get("accept-language", ""))


def shown(name: Page, request: Request, *, retry_after: float = 30.0) -> Response:
    """One of the fixed pages."""
    language = chosen_language(request)
    headers = {**HEADERS, "Content-Language": language}
    if _STATUS[name] in (429, 503):
        headers["Retry-After"] = str(max(1, round(retry_after)))
    return HTMLResponse(page(name, language), _STATUS[name], headers)


def _peer(request: Request) -> str:
    return request.client.host if request.client else "unknown"
