"""What figures the address asks for: a range of days, their zone, how fine, and which messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

import attrs

from application.analytics.commands import FiguresCommand
from domain.analytics.dimension import Dimension, parse_filters
from domain.analytics.period import Granularity, countable_zone, day_begins, zone_of
from domain.shared.errors import InvalidInput
from entrypoints.dashboard.pages.called import campaign_name, template_name
from entrypoints.dashboard.visit import Visit
from entrypoints.dashboard.words import mark

RANGES: Final = (7, 30, 90)
DEFAULT_DAYS: Final = 30
LONGEST_DAYS: Final[Mapping[Granularity, int]] = {
    Granularity.HOUR: 14,
    Granularity.DAY: 400,
    Granularity.MONTH: 3_650,
}
"""What a chart can show."""
ZONES: Final = ("Asia/Seoul", "Asia/Tokyo", "Asia/Singapore", "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "UTC")  # fmt: skip
GRANULARITIES: Final = (
    (Granularity.HOUR, mark("hour")),
    (Granularity.DAY, mark("day")),
    (Granularity.MONTH, mark("month")),
)
TITLES: Final[Mapping[Dimension, str]] = {
    Dimension.CHANNEL: mark("Channel"),
    Dimension.CAMPAIGN: mark("Campaign"),
    Dimension.TEMPLATE: mark("Template"),
    Dimension.PROVIDER: mark("Provider"),
    Dimension.COUNTRY: mark("Country"),
    Dimension.APP_VERSION: mark("App version"),
    Dimension.REASON: mark("Error reason"),
}
NONE: Final[Mapping[Dimension, str]] = {
    Dimension.CAMPAIGN: mark("Without a campaign"),
    Dimension.TEMPLATE: mark("Without a template"),
    Dimension.PROVIDER: mark("No provider"),
    Dimension.COUNTRY: mark("Unknown country"),
    Dimension.APP_VERSION: mark("Unknown version"),
    Dimension.REASON: mark("Without a reason"),
}


@attrs.frozen(kw_only=True)
class Asked:
    """One question, as the picker shows it."""

    first: date
    last: date
    days: int | None
    """Of the shortcut that was taken; None: two days were named."""
    zone: str
    granularity: Granularity
    filters: Mapping[Dimension, str]
    """As the address has them."""
    since: datetime
    until: datetime

    def command(self, visit: Visit, *group_by: Dimension) -> FiguresCommand:
        return FiguresCommand(
            application_id=visit.app.id,
            since=self.since,
            until=self.until,
            zone=self.zone,
            granularity=self.granularity,
            group_by=group_by,
            filters=parse_filters({one.value: text for one, text in self.filters.items()}),
        )

    def query(self, **changed: str | int | None) -> str:
        """The address' parameters for the same question, with some of them changed; None leaves one out."""
        kept: dict[str, str | int | None] = {
            "zone": self.zone,
            "granularity": self.granularity.value,
            **{one.value: text for one, text in self.filters.items()},
        }
        if self.days is None:
            kept |= {"from": self.first.isoformat(), "to": self.last.isoformat()}
        else:
            kept["days"] = self.days
        return urlencode({name: value for name, value in {**kept, **changed}.items() if value is not None})


def asked_of(visit: Visit, *, filtered: bool = True, now: datetime | None = None) -> Asked:
    """Raise InvalidInput naming days, from, to, zone, granularity or a filter."""
    now = datetime.now(UTC) if now is None else now
    name = visit.query("zone") or countable_zone(visit.app.settings.time_zone, now)
    place = zone_of(name)
    granularity = _granularity(visit.query("granularity"))
    today = now.astimezone(place).date()
    days = _days(visit.query("days"))
    if visit.query("from") or visit.query("to"):
        last = _day(visit, "to") or today
        first = _day(visit, "from") or last
        days = None
    else:
        days = days or DEFAULT_DAYS
        last, first = today, today - timedelta(days=days - 1)
    if last < first:
        raise InvalidInput("the range ends before it begins", field="to", fix="choose a later day")
    if (last - first).days >= LONGEST_DAYS[granularity]:
        raise InvalidInput(
            f"more than {LONGEST_DAYS[granularity]} days are asked for by the {granularity}",
            field="granularity",
            fix="choose a shorter time, or a coarser granularity",
        )
    since, end = day_begins(first, place), day_begins(last + timedelta(days=1), place)
    given = {one: visit.query(one.value) for one in TITLES} if filtered else {}
    return Asked(
        first=first,
        last=last,
        days=days,
        zone=name,
        granularity=granularity,
        filters={one: text for one, text in given.items() if text is not None},
        since=since,
        until=max(min(end, now), since + timedelta(hours=1)),
    )


async def picker(visit: Visit, asked: Asked, *, channels: bool = True) -> dict[str, object]:
    """What the page's picker is drawn from; each filter but the channel is named, and can be taken away."""
    chips = [
        (
            visit.words.text(TITLES[one]),
            await name_of_value(visit, one, text),
            asked.query(**{one.value: None}),
        )
        for one, text in asked.filters.items()
        if one is not Dimension.CHANNEL
    ]
    return {
        "asked": asked,
        "ranges": [(days, visit.words.text("{days} days").format(days=days)) for days in RANGES],
        "zones": list(dict.fromkeys([asked.zone, visit.app.settings.time_zone, *ZONES])),
        "granularities": [(one.value, visit.words.text(name)) for one, name in GRANULARITIES],
        "chips": chips,
        "with_channel": channels,
    }


async def name_of_value(visit: Visit, dimension: Dimension, text: str | None) -> str:
    """What a filter's value is called; ids of what is gone stay ids."""
    words = visit.words
    if text is None or text == "none":
        return words.text(NONE[dimension]) if dimension in NONE else "–"
    named = {Dimension.CAMPAIGN: campaign_name, Dimension.TEMPLATE: template_name}.get(dimension)
    if named is not None:
        id = parse_filters({dimension.value: text})[dimension]
        return await named(visit, id)  # type: ignore[arg-type]
    return words.country(text) if dimension is Dimension.COUNTRY else text


def _granularity(text: str | None) -> Granularity:
    try:
        return Granularity(text or "day")
    except ValueError:
        raise InvalidInput(
            "granularity is not known", field="granularity", fix=f"use one of {', '.join(Granularity)}"
        ) from None


def _days(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or int(text[:6]) not in RANGES:
        raise InvalidInput("days is not a range", field="days", fix="use 7, 30 or 90")
    return int(text)


def _day(visit: Visit, field: str) -> date | None:
    text = visit.query(field)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 2000 <= day.year < 2200:
        raise InvalidInput(f"{field} is not a day", field=field, fix="use a day such as 2026-03-01")
    return day
