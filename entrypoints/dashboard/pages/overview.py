"""An application at a glance, live, and its analytics over a longer time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from application.applications.commands import ListAlertsCommand, ReadApplicationCommand
from application.campaigns.commands import ListCampaignsCommand
from application.operators.read_figures import Counts, Period, Today
from application.quota.commands import ReadQuotaCommand
from domain.messaging.event import MessageEventType
from domain.operators.roles import Right
from domain.shared.errors import InvalidInput, NotFound, RateLimited
from entrypoints.dashboard.charts import Series
from entrypoints.dashboard.frame import SESSION_COOKIE, Frame, preferred
from entrypoints.dashboard.live import LiveFigures
from entrypoints.dashboard.visit import Action, Page, Shown, Visit
from entrypoints.dashboard.wording import Wording, wording

RANGES: Final = (7, 30, 90)
LIVE: Final = "/dashboard/apps/{application_id}/live"
EVENTS: Final = (
    MessageEventType.SENT,
    MessageEventType.RECEIVED,
    MessageEventType.CONVERTED,
    MessageEventType.FAILED,
    MessageEventType.ERRORED,
)


async def show_overview(visit: Visit) -> Shown:
    id, use_cases = visit.app.id, visit.use_cases
    today = await use_cases.read_today(id)
    period = await use_cases.read_period(id, days=30)
    campaigns = await use_cases.list_campaigns(ListCampaignsCommand(application_id=id, limit=5))
    alerts = await use_cases.list_alerts(ListAlertsCommand(application_id=id, limit=5))
    return Shown(
        "overview.html",
        {
            "live": live_figures(today, visit.words),
            "period": period,
            "chart": _days(visit.words, period),
            "quota": await use_cases.read_quota(ReadQuotaCommand(application_id=id)),
            "campaigns": campaigns.items,
            "alerts": alerts.items,
            "funnel": funnel(period.counts),
        },
    )


async def show_analytics(visit: Visit) -> Shown:
    asked = visit.query("days") or "30"
    if not asked.isdecimal() or int(asked[:6]) not in RANGES:
        raise InvalidInput("days is not a range", field="days", fix="use 7, 30 or 90")
    period = await visit.use_cases.read_period(visit.app.id, days=int(asked))
    words = visit.words
    received = [counts.get(MessageEventType.RECEIVED, 0) for _, counts in period.days]
    return Shown(
        "analytics.html",
        {
            "period": period,
            "days": int(asked),
            "ranges": RANGES,
            "labels": [words.day(day) for day, _ in period.days],
            "chart": _days(words, period),
            "received": received,
            "rows": [(day, {one.wire: counts.get(one, 0) for one in EVENTS}) for day, counts in period.days],
            "channels": [
                (channel.wire, {one.wire: counts.get(one, 0) for one in EVENTS})
                for channel, counts in period.channels
            ],
            "funnel": funnel(period.counts),
            "events": [one.wire for one in EVENTS],
        },
    )


def funnel(counts: Counts) -> dict[str, int]:
    """Sent, received, opened and failed, as the bars of the funnel show them."""
    return {
        "sent": counts.get(MessageEventType.SENT, 0),
        "received": counts.get(MessageEventType.RECEIVED, 0),
        "converted": counts.get(MessageEventType.CONVERTED, 0),
        "failed": counts.get(MessageEventType.FAILED, 0),
    }


def live_figures(today: Today, words: Wording) -> dict[str, str]:
    """The figures that change while one looks, as the page writes them."""
    counts = funnel(today.counts)
    return {
        **{name: words.number(value) for name, value in counts.items()},
        "received_share": words.share(counts["received"], counts["sent"]),
        "converted_share": words.share(counts["converted"], counts["received"]),
        "failed_share": words.share(counts["failed"], counts["sent"] + counts["failed"]),
        "queue": words.number(today.queue.total),
        "held": words.number(today.queue.held),
        "in_delivery": words.number(today.queue.released + today.queue.in_delivery),
        "retrying": words.number(today.queue.retrying),
    }


def _days(words: Wording, period: Period) -> Mapping[str, Any]:
    def values(event: MessageEventType) -> list[int]:
        return [counts.get(event, 0) for _, counts in period.days]

    return {
        "labels": [words.day(day) for day, _ in period.days],
        "series": [
            Series("sent", words.text("Sent"), values(MessageEventType.SENT)),
            Series("failed", words.text("Failed"), values(MessageEventType.FAILED)),
        ],
    }


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


PAGES: Final = (
    Page(path="/dashboard/apps/{application_id}", section="overview", show=show_overview),
    Page(path="/dashboard/apps/{application_id}/analytics", section="analytics", show=show_analytics),
)
ACTIONS: Final[tuple[Action, ...]] = ()
