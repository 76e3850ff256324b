"""What became of messages over time, and the frame of all pages of figures: picker, views, tiles, panels."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from application.analytics.compare_funnels import Comparison
from application.analytics.figures import Figures, added_up
from application.analytics.read_series import Series as Points
from domain.analytics.dimension import Dimension
from domain.shared.channels import Channel
from entrypoints.dashboard import charts
from entrypoints.dashboard.charts import Series
from entrypoints.dashboard.pages.figures_asked import Asked, asked_of, picker
from entrypoints.dashboard.panels import Panel, Row, Tile, columns, ranking
from entrypoints.dashboard.visit import Action, Page, Shown, Visit
from entrypoints.dashboard.wording import Wording
from entrypoints.dashboard.words import mark

VIEWS: Final = (
    ("", mark("Messages")),
    ("/funnel", mark("Funnel")),
    ("/compare", mark("Comparison")),
    ("/subscriptions", mark("Subscriptions")),
    ("/usage", mark("Cost and quota")),
    ("/devices", mark("Silent devices")),
)
NOTHING_SENT: Final = (
    mark("Nothing happened in this time"),
    mark("No message was accepted, sent or reported in these days. Choose a longer time or fewer filters."),
)


async def show_messages(visit: Visit) -> Shown:
    asked = asked_of(visit)
    series, reasons = await asyncio.gather(
        visit.use_cases.read_series(asked.command(visit)),
        visit.use_cases.compare_funnels(asked.command(visit, Dimension.REASON)),
    )
    words, total = visit.words, added_up(point.figures for point in series.points)
    panels = [] if total == Figures() else [*_over_time(series, words), _reasons(reasons, words)]
    return await page_of(visit, asked, "", message_tiles(total, words), panels, NOTHING_SENT)


async def page_of(
    visit: Visit,
    asked: Asked | None,
    view: str,
    tiles: Sequence[Tile],
    panels: Sequence[Panel],
    empty: tuple[str, str],
    **more: object,
) -> Shown:
    """A page of figures; without panels it says why it is empty. `asked`: None has no picker."""
    words = visit.words
    chosen = {} if asked is None else await picker(visit, asked, channels=view in ("", "/funnel", "/compare"))
    kept = "" if asked is None else asked.query()
    return Shown(
        "analytics.html",
        {
            "view": view,
            "views": [(path, words.text(name), kept) for path, name in VIEWS],
            "tiles": tiles,
            "panels": panels,
            "empty": [words.text(one) for one in empty],
            "asked": None,
            "by": None,
            "channels": [one.wire for one in Channel],
            **chosen,
            **more,
        },
    )


def message_tiles(one: Figures, words: Wording) -> list[Tile]:
    return [
        Tile(words.text("Accepted"), words.number(one.accepted)),
        Tile(words.text("Sent"), words.number(one.sent), words.rate(one.success_rate)),
        Tile(words.text("Received"), words.number(one.received), words.rate(one.received_rate)),
        Tile(words.text("Opened"), words.number(one.converted), words.rate(one.conversion_rate)),
        Tile(words.text("Failed"), words.number(one.failed), words.share(one.failed, one.sent + one.failed)),
    ]


def _over_time(series: Points, words: Wording) -> list[Panel]:
    told = [(point.bucket, point.figures) for point in series.points]
    period = series.period

    def label(whole: bool) -> list[str]:
        return [
            words.bucket(at, period.granularity.value, period.zone, whole=whole)
            for at, _ in told
            if at is not None
        ]

    short, names = label(False), label(True)
    figures = [one for _, one in told]
    out = [
        Series("sent", words.text("Sent"), [one.sent for one in figures]),
        Series("failed", words.text("Failed"), [one.failed for one in figures]),
    ]
    back = [
        Series("received", words.text("Received"), [one.received for one in figures]),
        Series("opened", words.text("Opened"), [one.converted for one in figures]),
    ]
    return [
        Panel(
            title=words.text("Messages sent and failed"),
            chart=charts.bars(words.text("Messages sent and failed"), short, out, words),
            legend=out,
            table=columns(
                names, [Series("", words.text("Accepted"), [one.accepted for one in figures]), *out], words
            ),
        ),
        Panel(
            title=words.text("Received and opened"),
            chart=charts.lines(words.text("Received and opened"), short, back, words),
            legend=back,
            table=columns(names, back, words),
        ),
    ]


def _reasons(found: Comparison, words: Wording) -> Panel:
    told = sorted(
        (one for one in found.groups if one.value and one.figures.failed + one.figures.errored),
        key=lambda one: (-one.figures.failed, -one.figures.errored),
    )
    series = [
        Series("failed", words.text("Failed"), [one.figures.failed for one in told]),
        Series("errored", words.text("Attempts failed"), [one.figures.errored for one in told]),
    ]
    return ranking(
        words.text("Why messages failed"),
        words.text("Error reason"),
        [Row(one.value or "", []) for one in told],
        series,
        words,
        empty=words.text("Nothing failed."),
    )


ANALYTICS: Final = "/dashboard/apps/{application_id}/analytics"
PAGES: Final = (Page(path=ANALYTICS, section="analytics", show=show_messages),)
ACTIONS: Final[tuple[Action, ...]] = ()
