"""An application at a glance: today, live, and the last thirty days."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from application.analytics.figures import Figures
from application.analytics.read_overview import Month, Today
from application.applications.commands import ListAlertsCommand
from application.campaigns.commands import ListCampaignsCommand
from application.quota.commands import ReadQuotaCommand
from entrypoints.dashboard import charts
from entrypoints.dashboard.charts import Series
from entrypoints.dashboard.panels import Panel, columns
from entrypoints.dashboard.use_cases import DashboardUseCases
from entrypoints.dashboard.visit import Action, Page, Shown, Visit
from entrypoints.dashboard.watching import Ids
from entrypoints.dashboard.wording import Wording

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


async def read_live(use_cases: DashboardUseCases, ids: Ids, words: Wording) -> dict[str, Any]:
    """Of an application today."""
    return live_figures(await use_cases.read_today(ids["application_id"]), words)


PAGES: Final = (Page(path="/dashboard/apps/{application_id}", section="overview", show=show_overview),)
ACTIONS: Final[tuple[Action, ...]] = ()
