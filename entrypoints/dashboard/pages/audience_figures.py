"""Subscriptions that came and went, and devices that fell silent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from application.analytics.commands import ReadInactiveCommand
from application.analytics.read_inactive import Cohort, Inactive
from application.analytics.read_subscriptions import Churn, Growth
from domain.analytics.period import countable_zone
from entrypoints.dashboard import charts
from entrypoints.dashboard.charts import Series
from entrypoints.dashboard.pages.analytics import ANALYTICS, page_of
from entrypoints.dashboard.pages.figures_asked import asked_of
from entrypoints.dashboard.panels import Panel, Row, Table, Tile, columns, ranking
from entrypoints.dashboard.visit import Action, Page, Shown, Visit
from entrypoints.dashboard.wording import Wording
from entrypoints.dashboard.words import mark, name_of

SILENT: Final = (7, 30, 90)
NOBODY_CAME: Final = (
    mark("Nobody came or left in this time"),
    mark("Register devices with the SDK or addresses with the API, or choose a longer time."),
)
NO_DEVICE: Final = (
    mark("No device yet"),
    mark("Devices appear here when an app registers them with the SDK or the API."),
)


async def show_subscriptions(visit: Visit) -> Shown:
    asked = asked_of(visit, filtered=False)
    growth = await visit.use_cases.read_subscriptions(asked.command(visit))
    words, points = visit.words, growth.points
    came, left = sum(one.subscribed for one in points), sum(gone(one) for one in points)
    tiles = [
        Tile(words.text("Subscriptions now"), words.number(sum(n for n, _ in growth.now.values()))),
        Tile(
            words.text("Can be reached"),
            words.number(sum(n for _, n in growth.now.values())),
            words.share(sum(n for _, n in growth.now.values()), sum(n for n, _ in growth.now.values())),
        ),
        Tile(words.text("Newly subscribed"), words.number(came)),
        Tile(words.text("Left"), words.number(left)),
        Tile(words.text("Growth"), f"{'+' if came >= left else '−'}{words.number(abs(came - left))}"),
    ]
    moved = [_movement(growth, words), _why(growth, words)] if points else []
    panels = [*moved, _by_channel(growth, words)] if points or growth.now else []
    return await page_of(visit, asked, "/subscriptions", tiles, panels, NOBODY_CAME)


def gone(one: Churn) -> int:
    """Those that unsubscribed, and those that were archived."""
    return one.unsubscribed + one.archived


def _movement(growth: Growth, words: Wording) -> Panel:
    period = growth.period
    at = period.buckets()
    sums: dict[str, Counter[datetime]] = {name: Counter() for name in ("created", "subscribed", "gone")}
    for one in growth.points:
        sums["created"][one.bucket] += one.created
        sums["subscribed"][one.bucket] += one.subscribed
        sums["gone"][one.bucket] += gone(one)
    up = Series("received", words.text("Newly subscribed"), [sums["subscribed"][one] for one in at])
    down = Series("failed", words.text("Left"), [sums["gone"][one] for one in at])
    new = Series("", words.text("New"), [sums["created"][one] for one in at])
    short, names = (
        [words.bucket(one, period.granularity.value, period.zone, whole=whole) for one in at]
        for whole in (False, True)
    )
    title = words.text("Growth and churn")
    return Panel(
        title=title,
        chart=charts.ups_and_downs(title, short, up, down, words),
        legend=[up, down],
        table=columns(names, [new, up, down], words),
    )


def _why(growth: Growth, words: Wording) -> Panel:
    reasons: Counter[str] = Counter()
    for one in growth.points:
        reasons.update(one.reasons)
    told = reasons.most_common()
    left = Series("failed", words.text("Left"), [n for _, n in told])
    return ranking(
        words.text("Why they left"),
        words.text("Reason"),
        [Row(words.text(name_of("because", reason)), []) for reason, _ in told],
        [left],
        words,
        empty=words.text("Nobody left."),
    )


def _by_channel(growth: Growth, words: Wording) -> Panel:
    rows = []
    for channel in sorted({*growth.now, *(one.channel for one in growth.points)}):
        n, reachable = growth.now.get(channel, (0, 0))
        points = [one for one in growth.points if one.channel == channel]
        moved = [sum(getattr(one, name) for one in points) for name in ("created", "subscribed", "unsubscribed", "archived")]  # fmt: skip
        numbers = [n, reachable, *moved]
        rows.append(
            Row(words.text(name_of("channel", channel)), [words.number(number) for number in numbers])
        )
    return Panel(
        title=words.text("By channel"),
        table=Table(
            [
                words.text("Channel"),
                words.text("Subscriptions now"),
                words.text("Can be reached"),
                words.text("New"),
                words.text("Newly subscribed"),
                words.text("Unsubscribed"),
                words.text("Archived"),
            ],
            rows,
        ),
        behind=False,
    )


async def show_devices(visit: Visit) -> Shown:
    zone = countable_zone(visit.app.settings.time_zone)
    found = await visit.use_cases.read_inactive(
        ReadInactiveCommand(application_id=visit.app.id, zone=zone, days=SILENT)
    )
    words, cohorts = visit.words, found.cohorts
    devices = sum(one.devices for one in cohorts)
    never = sum(one.never_heard for one in cohorts)
    tiles = [Tile(words.text("Devices"), words.number(devices))]
    for days in SILENT:
        silent = sum(one.silent[days] for one in cohorts)
        tiles.append(Tile(silent_for(days, words), words.number(silent), words.share(silent, devices)))
    tiles.append(Tile(words.text("Never heard from"), words.number(never), words.share(never, devices)))
    panels = [_cohorts(found, words)] if cohorts else []
    return await page_of(visit, None, "/devices", tiles, panels, NO_DEVICE)


def silent_for(days: int, words: Wording) -> str:
    return words.text("Silent for {days} days").format(days=days)


def _cohorts(found: Inactive, words: Wording) -> Panel:
    months = sorted({one.month for one in found.cohorts})
    by_month = {month: [one for one in found.cohorts if one.month == month] for month in months}

    def each(of: int | None, until: int | None) -> list[int]:
        """By month: silent for so many days, and not yet for as many as the next class says."""
        return [_silent(several, of) - _silent(several, until) for several in by_month.values()]

    last = SILENT[-1]
    active = [
        sum(one.devices - one.never_heard for one in several) - _silent(several, SILENT[0])
        for several in by_month.values()
    ]
    series = [
        Series("received", words.text("Heard from in the last {days} days").format(days=SILENT[0]), active),
        *(
            Series(css, silent_for(days, words), each(days, until))
            for css, days, until in (("c1", SILENT[0], SILENT[1]), ("c2", SILENT[1], last), ("failed", last, None))
        ),
        Series("c5", words.text("Never heard from"), [sum(one.never_heard for one in several) for several in by_month.values()]),
    ]  # fmt: skip
    short, names = (
        [words.bucket(month, "month", found.zone, whole=True) for month in months] for _ in range(2)
    )
    title = words.text("Devices by the month in which they came")
    head = [
        words.text("Month and type"),
        words.text("Devices"),
        words.text("Can be reached"),
    ]
    head += [*(silent_for(days, words) for days in SILENT), words.text("Never heard from")]
    label = dict(zip(months, names, strict=True))
    return Panel(
        title=title,
        chart=charts.bars(title, short, series, words),
        legend=series,
        table=Table(head, [_row(one, label[one.month], words) for one in found.cohorts]),
        behind=False,
        hint=words.text(
            "Who has been silent for 90 days has been so for 7 and for 30, too: the table counts them in each."
        ),
    )


def _silent(several: Sequence[Cohort], days: int | None) -> int:
    return 0 if days is None else sum(one.silent[days] for one in several)


def _row(one: Cohort, month: str, words: Wording) -> Row:
    silent = [f"{words.number(n)} · {words.share(n, one.devices)}" for n in one.silent.values()]
    return Row(
        f"{month} {one.type}",
        [
            words.number(one.devices),
            words.number(one.reachable),
            *silent,
            words.number(one.never_heard),
        ],
    )


PAGES: Final = (
    Page(path=ANALYTICS + "/subscriptions", section="analytics", show=show_subscriptions),
    Page(path=ANALYTICS + "/devices", section="analytics", show=show_devices),
)
ACTIONS: Final[tuple[Action, ...]] = ()
