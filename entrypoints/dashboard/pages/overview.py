"""An application at a glance: today, live, and the last thirty days."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from application.analytics.figures import Figures
from application.analytics.read_overview import Month, Today
from application.applications.commands import ListAlertsCommand, ReadApplicationCommand
from application.campaigns.commands import ListCampaignsCommand
from application.quota.commands import ReadQuotaCommand
from domain.operators.roles import Right
from domain.shared.errors import NotFound, RateLimited
from entrypoints.dashboard import charts
from entrypoints.dashboard.charts import Series
from entrypoints.dashboard.frame import SESSION_COOKIE, Frame, preferred
from entrypoints.dashboard.live import LiveFigures
from entrypoints.dashboard.panels import Panel, columns
from entrypoints.dashboard.visit import Action, Page, Shown, Visit
from entrypoints.dashboard.wording import Wording, wording

LIVE: Final = "/dashboard/apps/{application_id}/live"


async def show_overview(visit: Visit) -> Shown:
    id, use_cases = visit.app.id, visit.use_cases
    today, month, campaigns, alerts, quota = await asyncio.gather(
        use_cases.read_today(id),
        use_cases.read_month(id),
        use_cases.list_campaigns(ListCampaignsCommand(application_id=id, limit=5)),
        use_cases.list_alerts(ListAlertsCommand(application_id=id, limit=5)),
        use_cases.read_quota(ReadQuotaCommand(application_id=id)),
    )
    return Shown(
        "overview.html",
        {
            "live": live_figures(today, visit.words),
            "month": month_panel(month, visit.words) if month.total != Figures() else None,
            "quota": quota,
            "campaigns": campaigns.items,
            "alerts": alerts.items,
        },
    )


def live_figures(today: Today, words: Wording) -> dict[str, str]:
    """The figures that change while one looks, as the page writes them."""
    one, queue = today.figures, today.queue
    return {
        "sent": words.number(one.sent),
        "received": words.number(one.received),
        "converted": words.number(one.converted),
        "failed": words.number(one.failed),
        "received_share": words.rate(one.received_rate),
        "converted_share": words.rate(one.conversion_rate),
        "failed_share": words.share(one.failed, one.sent + one.failed),
        "queue": words.number(queue.total),
        "held": words.number(queue.held),
        "in_delivery": words.number(queue.released + queue.in_delivery),
        "retrying": words.number(queue.retrying),
    }


def month_panel(month: Month, words: Wording) -> Panel:
    """Thirty days as bars, with their table."""
    at = [day.bucket for day in month.days if day.bucket is not None]
    short, names = (
        [words.bucket(one, "day", month.period.zone, whole=whole) for one in at] for whole in (False, True)
    )
    title = words.text("Last 30 days")
    series = [
        Series("sent", words.text("Sent"), [day.figures.sent for day in month.days]),
        Series("failed", words.text("Failed"), [day.figures.failed for day in month.days]),
    ]
    return Panel(
        title=title,
        chart=charts.bars(words.text("Messages a day"), short, series, words),
        legend=series,
        table=columns(names, series, words),
    )


def live_routes(frame: Frame, live: LiveFigures) -> list[Route]:
    """The stream behind the overview: one computation a second for all who look at an application in one language."""

    async def watch(request: Request) -> Response:
        async def answer() -> Response:
            use_cases = frame.use_cases
            operator = await use_cases.authenticate_session(request.cookies.get(SESSION_COOKIE))
            operator.check_may(Right.READ)
            if live.full:
                raise RateLimited("too many pages are watching", retry_after=5.0)
            try:
                id = UUID(request.path_params["application_id"])
            except ValueError:
                raise NotFound("there is no such application") from None
            application = await use_cases.read_application(ReadApplicationCommand(application_id=id))
            words = wording(preferred(request, operator), application.settings.time_zone)

            async def compute() -> bytes:
                return msgspec.json.encode(live_figures(await use_cases.read_today(id), words))

            stream = live.stream(f"overview {id} {words.language}", compute)
            return StreamingResponse(stream, media_type="text/event-stream")

        return await frame.guarded(request, LIVE, answer)

    return [Route(LIVE, watch, methods=["GET"], include_in_schema=False)]


PAGES: Final = (Page(path="/dashboard/apps/{application_id}", section="overview", show=show_overview),)
ACTIONS: Final[tuple[Action, ...]] = ()
