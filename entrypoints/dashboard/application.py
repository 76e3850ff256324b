"""The dashboard's whole table of routes, and how to build it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from entrypoints.dashboard.assets import Assets
from entrypoints.dashboard.frame import Frame
from entrypoints.dashboard.live import LiveFigures
from entrypoints.dashboard.pages import (
    alerts,
    analytics,
    applications,
    audience_figures,
    campaign_launch,
    campaigns,
    channels,
    exports,
    funnels,
    keys,
    messages,
    operators,
    overview,
    people,
    quota,
    retention,
    segments,
    sign_in,
    system,
    template_editor,
    template_test,
    templates,
    usage_figures,
)
from entrypoints.dashboard.rendering import Pages
from entrypoints.dashboard.use_cases import DashboardUseCases
from entrypoints.dashboard.visit import Action, Page, Question
from entrypoints.dashboard.watching import watching

PARTS = (
    applications,
    keys,
    channels,
    overview,
    analytics,
    funnels,
    audience_figures,
    usage_figures,
    quota,
    messages,
    people,
    campaigns,
    campaign_launch,
    templates,
    template_editor,
    segments,
    operators,
    system,
    template_test,
    exports,
    alerts,
    retention,
)
PAGES: tuple[Page, ...] = tuple(page for part in PARTS for page in part.PAGES)
ACTIONS: tuple[Action, ...] = tuple(action for part in PARTS for action in part.ACTIONS)
QUESTIONS: tuple[Question, ...] = (
    *template_editor.QUESTIONS,
    *segments.QUESTIONS,
    *campaign_launch.QUESTIONS,
)


def dashboard_endpoints(use_cases: DashboardUseCases, *, secure: bool) -> list[BaseRoute]:
    """The routes; they stand in no document. `secure`: browsers come by HTTPS."""
    assets = Assets()
    frame = Frame(use_cases=use_cases, pages=Pages(assets), secure=secure)
    live = LiveFigures()

    async def nowhere(request: Request) -> Response:
        return frame.failure(request, 404, None, None)

    return [
        assets.route(),
        *sign_in.routes(frame),
        watching(frame, live, overview.LIVE, "overview", overview.read_live),
        watching(frame, live, campaigns.LIVE, "campaign", campaigns.read_live, campaigns.check_live),
        watching(frame, live, exports.START + "/live", "exports", exports.read_live),
        *frame.routes(PAGES, ACTIONS, QUESTIONS),
        Route("/dashboard/{rest:path}", nowhere, methods=["GET", "POST"], include_in_schema=False),
    ]
