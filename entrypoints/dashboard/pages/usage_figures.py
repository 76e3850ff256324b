"""Cost and quota by channel, as the ledger has them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from application.analytics.read_usage import Usage, Used
from application.quota.commands import ReadQuotaCommand
from entrypoints.dashboard import charts
from entrypoints.dashboard.charts import Number, Series
from entrypoints.dashboard.pages.analytics import ANALYTICS, page_of
from entrypoints.dashboard.pages.figures_asked import asked_of
from entrypoints.dashboard.panels import Panel, Row, Table, Tile
from entrypoints.dashboard.visit import Action, Page, Shown, Visit
from entrypoints.dashboard.wording import Wording
from entrypoints.dashboard.words import mark, name_of

COLOURS: Final = {"push": "c1", "sms": "c2", "email": "c3", "kakao_talk": "c4", "in_app": "c5"}
"""A channel has the same colour on every page and day; of plug-ins, which share one, the table tells more."""
NOTHING_USED: Final = (
    mark("Nothing was used in this time"),
    mark("Messages take from the quota when they are accepted, and cost what their channel's price says."),
)


async def show_usage(visit: Visit) -> Shown:
    asked = asked_of(visit, filtered=False)
    usage, quota = await asyncio.gather(
        visit.use_cases.read_usage(asked.command(visit)),
        visit.use_cases.read_quota(ReadQuotaCommand(application_id=visit.app.id)),
    )
    words, points = visit.words, usage.points
    charged = sum(net(one) for one in points)
    limits = [
        "/ " + (words.text("unlimited") if limit is None else words.number(limit))
        for limit in (quota.daily_quota, quota.monthly_quota)
    ]
    tiles = [
        Tile(words.text("Charged messages"), words.number(charged)),
        *(
            Tile(words.text("Cost"), words.money(cost_of(points, currency), currency))
            for currency in currencies(points) or [quota.billing_currency]
        ),
        Tile(words.text("Used today"), words.number(quota.daily_used), limits[0]),
        Tile(words.text("Used this month"), words.number(quota.monthly_used), limits[1]),
    ]
    panels = [_messages(usage, words), *_costs(usage, words), _by_channel(points, words)] if points else []
    return await page_of(visit, asked, "/usage", tiles, panels, NOTHING_USED)


def net(one: Used) -> int:
    """Messages that were charged and not given back."""
    return one.settled - one.given_back


def currencies(points: Sequence[Used]) -> list[str]:
    return sorted({one.currency for one in points})


def cost_of(points: Sequence[Used], currency: str) -> Decimal:
    return sum((one.cost for one in points if one.currency == currency), Decimal(0))


def _messages(usage: Usage, words: Wording) -> Panel:
    return _stacked(words.text("Charged messages by channel"), usage, usage.points, net, words.number, words)


def _costs(usage: Usage, words: Wording) -> list[Panel]:
    """One chart a currency, of those in which anything cost something."""
    found = []
    for currency in currencies(usage.points):
        points = [one for one in usage.points if one.currency == currency]
        if any(one.cost for one in points):

            def written(amount: Number, currency: str = currency) -> str:
                return words.money(Decimal(amount), currency)

            found.append(
                _stacked(
                    words.text("Cost by channel") + f" ({currency})",
                    usage,
                    points,
                    lambda one: one.cost,
                    written,
                    words,
                )
            )
    return found


def _stacked(
    title: str,
    usage: Usage,
    points: Sequence[Used],
    value: Callable[[Used], Number],
    written: Callable[[Number], str],
    words: Wording,
) -> Panel:
    period = usage.period
    at = period.buckets()
    sums: dict[tuple[str, datetime], Number] = {}
    for one in points:
        sums[one.channel, one.bucket] = sums.get((one.channel, one.bucket), 0) + value(one)
    channels = sorted({one.channel for one in points})
    series = [
        Series(
            COLOURS.get(channel, "c6"),
            words.text(name_of("channel", channel)),
            [sums.get((channel, bucket), 0) for bucket in at],
        )
        for channel in channels
    ]
    short, names = (
        [words.bucket(bucket, period.granularity.value, period.zone, whole=whole) for bucket in at]
        for whole in (False, True)
    )
    return Panel(
        title=title,
        chart=charts.bars(title, short, series, words),
        legend=series,
        table=Table(
            [words.text("Time"), *(one.name for one in series)],
            [Row(name, [written(one.values[place]) for one in series]) for place, name in enumerate(names)],
        ),
    )


def _by_channel(points: Sequence[Used], words: Wording) -> Panel:
    groups: dict[tuple[str, str], list[Used]] = {}
    for one in points:
        groups.setdefault((one.channel, one.currency), []).append(one)
    rows = []
    for (channel, currency), several in sorted(groups.items()):
        moved = [sum(getattr(one, name) for one in several) for name in ("reserved", "settled", "released", "given_back")]  # fmt: skip
        rows.append(
            Row(
                words.text(name_of("channel", channel)),
                [*(words.number(n) for n in moved), words.money(cost_of(several, currency), currency)],
            )
        )
    return Panel(
        title=words.text("By channel"),
        table=Table(
            [
                words.text("Channel"),
                words.text("Reserved"),
                words.text("Used"),
                words.text("Returned unused"),
                words.text("Given back"),
                words.text("Cost"),
            ],
            rows,
        ),
        behind=False,
        hint=words.text("The cost is of what was used, less what was given back."),
    )


PAGES: Final = (Page(path=ANALYTICS + "/usage", section="analytics", show=show_usage),)
ACTIONS: Final[tuple[Action, ...]] = ()
