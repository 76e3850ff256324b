"""Links by which recipients say what they want: `/v/` confirms an address, `/p/` is the preference page.

GET shows a page and changes nothing, because mail scanners follow links; POST does it. The token in the address is all the
authority there is, no cookie goes with it, so that another site's form can only send what its author could send anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from application.audience.confirm_subscription import ConfirmSubscription
from application.audience.preferences import Preferences, RecipientPreferences
from entrypoints.http.operation import read_body
from entrypoints.links.guarding import LinkLimits, chosen_language, guarded, shown
from entrypoints.links.pages import FORM_FIELD
from entrypoints.links.preference_page import (
    CHANNEL_FIELD,
    PAGE_HEADERS,
    SAVE_FIELD,
    TOPIC_FIELD,
    preference_page,
)

CONFIRM: Final = "/v/{token}"
PREFERENCES: Final = "/p/{token}"
BODY_LIMIT: Final = 16_384


def consent_endpoints(
    confirm: ConfirmSubscription, preferences: RecipientPreferences, limits: LinkLimits
) -> list[Route]:
    """The routes; they stand in no document and need no key."""

    async def confirmation(request: Request) -> Response:
        token = request.path_params["token"]
        if request.method != "POST":
            confirm.check_link(token)
            return shown("confirm_address", request)
        if FORM_FIELD not in await _form(request):
            return shown("bad_request", request)
        await confirm.by_link(token)
        return shown("confirmed", request)

    async def choices(request: Request) -> Response:
        token = request.path_params["token"]
        if request.method != "POST":
            return _page(await preferences.read(token), request, saved=False)
        form = await _form(request)
        if SAVE_FIELD not in form:
            return shown("bad_request", request)
        now = await preferences.change(
            token, on=_ids(form.get(CHANNEL_FIELD, ())), topics=set(form.get(TOPIC_FIELD, ()))
        )
        return _page(now, request, saved=True)

    return [
        Route(
            CONFIRM,
            guarded(confirmation, CONFIRM, limits),
            methods=["GET", "POST"],
            include_in_schema=False,
        ),
        Route(
            PREFERENCES,
            guarded(choices, PREFERENCES, limits),
            methods=["GET", "POST"],
            include_in_schema=False,
        ),
    ]


async def _form(request: Request) -> Mapping[str, Sequence[str]]:
    return parse_qs(bytes(await read_body(request, BODY_LIMIT)).decode("latin-1"), max_num_fields=500)


def _ids(values: Sequence[str]) -> set[UUID]:
    """What is no id names nothing."""
    found = set()
    for value in values:
        try:
            found.add(UUID(value))
        except ValueError:
            continue
    return found


def _page(what: Preferences, request: Request, *, saved: bool) -> Response:
    language = chosen_language(request)
    headers = {**PAGE_HEADERS, "Content-Language": language}
    return HTMLResponse(preference_page(what, language, saved=saved), 200, headers)
