"""The way of messages from accepted to opened: of all, and beside one another by channel, campaign, template and the rest."""

from __future__ import annotations

from typing import Final

from application.analytics.compare_funnels import ComparedFunnel, Comparison
from application.analytics.figures import Figures
from application.analytics.read_funnel import Funnel
from domain.analytics.dimension import Dimension
from domain.shared.errors import InvalidInput
from entrypoints.dashboard import charts
from entrypoints.dashboard.charts import Series
from entrypoints.dashboard.pages.analytics import ANALYTICS, NOTHING_SENT, message_tiles, page_of
from entrypoints.dashboard.pages.figures_asked import NONE, TITLES, Asked, asked_of
from entrypoints.dashboard.panels import Panel, Row, Table, Tile, ranking
from entrypoints.dashboard.visit import Action, Page, Shown, Visit
from entrypoints.dashboard.wording import Wording
from entrypoints.dashboard.words import name_of


async def show_funnel(visit: Visit) -> Shown:
    asked = asked_of(visit)
    funnel = await visit.use_cases.read_funnel(asked.command(visit))
    words, one = visit.words, funnel.figures
    tiles = [
        Tile(words.text("Received of sent"), words.rate(one.received_rate)),
        Tile(words.text("Opened of received"), words.rate(one.conversion_rate)),
        Tile(words.text("Opened of sent"), words.rate(one.open_rate)),
        Tile(words.text("Mean time to open"), words.duration(funnel.mean_seconds_to_open)),
        Tile(words.text("Half opened within"), words.duration(funnel.median_within_seconds)),
    ]
    panels = [] if one == Figures() else [_steps(one, words), _open_times(funnel, words)]
    return await page_of(visit, asked, "/funnel", tiles, panels, NOTHING_SENT)


async def show_comparison(visit: Visit) -> Shown:
    asked = asked_of(visit)
    name = visit.query("by") or Dimension.CHANNEL.value
    by = next((one for one in TITLES if one.value == name), None)
    if by is None:
        raise InvalidInput(
            "by is nothing to compare by",
            field="by",
            fix=f"use one of {', '.join(one.value for one in TITLES)}",
        )
    found = await visit.use_cases.compare_funnels(asked.command(visit, by))
    panels = [_comparison(visit, asked, found)] if found.groups else []
    return await page_of(
        visit, asked, "/compare", message_tiles(found.total, visit.words), panels, NOTHING_SENT,
        by=by.value,
        choices=[(one.value, visit.words.text(text), asked.query(by=one.value)) for one, text in TITLES.items()],
    )  # fmt: skip


def _steps(one: Figures, words: Wording) -> Panel:
    steps = [
        (words.text("Accepted"), one.accepted, None),
        (words.text("Sent"), one.sent, words.share(one.sent, one.accepted)),
        (words.text("Received"), one.received, words.rate(one.received_rate)),
        (words.text("Opened"), one.converted, words.rate(one.conversion_rate)),
    ]
    series = [Series("sent", words.text("Messages"), [n for _, n, _ in steps])]
    title = words.text("From accepted to opened")
    return Panel(
        title=title,
        chart=charts.ranks(title, [name for name, _, _ in steps], series, words),
        table=Table(
            [words.text("Step"), words.text("Messages"), words.text("Of the step before")],
            [Row(name, [words.number(n), rate or "–"]) for name, n, rate in steps],
        ),
        behind=False,
        hint=words.text(
            "Counted is what happened in this time: what was sent before it and opened in it is opened here."
        ),
    )


def _open_times(funnel: Funnel, words: Wording) -> Panel:
    names: list[str] = []
    for one in funnel.open_times:
        bound = one.until_seconds
        names.append("≤ " + words.duration(bound) if bound else "> " + words.duration(259_200))
    opened = sum(one.messages for one in funnel.open_times)
    series = [Series("opened", words.text("Opened"), [one.messages for one in funnel.open_times])]
    title = words.text("Time to open")
    return Panel(
        title=title,
        chart=charts.bars(title, names, series, words) if opened else None,
        table=Table(
            [title, words.text("Opened"), words.text("Share")],
            [
                Row(name, [words.number(one.messages), words.share(one.messages, opened)])
                for name, one in zip(names, funnel.open_times, strict=True)
            ]
            if opened
            else [],
        ),
        empty=words.text("Nothing was opened."),
    )


def _comparison(visit: Visit, asked: Asked, found: Comparison) -> Panel:
    words = visit.words
    told = sorted(found.groups, key=lambda one: (-one.figures.sent, -one.figures.failed))
    if found.by is Dimension.REASON:
        told = [one for one in told if one.value is not None]
        shown = [("failed", "Failed", "failed"), ("errored", "Attempts failed", "errored")]
        told.sort(key=lambda one: -one.figures.failed)
    else:
        shown = [
            ("sent", "Sent", "sent"),
            ("received", "Received", "received"),
            ("opened", "Opened", "converted"),
        ]
    series = [
        Series(css, words.text(name), [getattr(one.figures, field) for one in told])
        for css, name, field in shown
    ]
    rows = [
        Row(
            group_name(one, found.by, words),
            [] if found.by is Dimension.REASON else _rates(one, words),
            f"{visit.app_url}/analytics/funnel?{asked.query(**{found.by.value: one.value or 'none'})}",
        )
        for one in told
    ]
    panel = ranking(words.text(TITLES[found.by]), words.text(TITLES[found.by]), rows, series, words)
    rates = ["Received of sent", "Opened of received", "Failed", "Mean time to open", "Half opened within"]
    head = [] if found.by is Dimension.REASON else [words.text(name) for name in rates]
    return Panel(
        title=panel.title,
        chart=panel.chart,
        legend=panel.legend,
        table=Table([*panel.table.head, *head], panel.table.rows),
        behind=False,
        hint=words.text("There are more; the hundred largest are shown.") if found.truncated else "",
    )


def _rates(one: ComparedFunnel, words: Wording) -> list[str]:
    figures = one.figures
    return [
        words.rate(figures.received_rate),
        words.rate(figures.conversion_rate),
        f"{words.number(figures.failed)} · {words.share(figures.failed, figures.sent + figures.failed)}",
        words.duration(one.mean_seconds_to_open),
        words.duration(one.median_within_seconds),
    ]


def group_name(one: ComparedFunnel, by: Dimension, words: Wording) -> str:
    """What people call it."""
    if one.value is None:
        return words.text(NONE[by]) if by in NONE else "–"
    if by is Dimension.CHANNEL:
        return words.text(name_of("channel", one.value))
    return words.country(one.value) if by is Dimension.COUNTRY else one.name or one.value


PAGES: Final = (
    Page(path=ANALYTICS + "/funnel", section="analytics", show=show_funnel),
    Page(path=ANALYTICS + "/compare", section="analytics", show=show_comparison),
)
ACTIONS: Final[tuple[Action, ...]] = ()
