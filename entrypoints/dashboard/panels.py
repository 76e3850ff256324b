"""What pages of figures are made of: tiles, charts, and the table behind each chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs
from markupsafe import Markup

from entrypoints.dashboard import charts
from entrypoints.dashboard.charts import Series
from entrypoints.dashboard.wording import Wording

DRAWN: Final = 10
"""So many groups have bars; the table has all."""


@attrs.frozen
class Tile:
    """A large figure, and what it is a share of."""

    name: str
    value: str
    sub: str = ""


@attrs.frozen
class Row:
    """A line of a table: what it is of, and a text for each other column."""

    name: str
    cells: Sequence[str]
    url: str = ""


@attrs.frozen
class Table:
    head: Sequence[str]
    """The first names what the rows are of."""
    rows: Sequence[Row]


@attrs.frozen(kw_only=True)
class Panel:
    """A card: a chart, if there is something to draw, its legend and its table."""

    title: str
    table: Table
    chart: Markup | None = None
    legend: Sequence[Series] = ()
    hint: str = ""
    behind: bool = True
    """The table is folded away behind the chart; without a chart it never is."""
    empty: str = ""
    """What stands there when the table has no rows."""


def columns(names: Sequence[str], series: Sequence[Series], words: Wording) -> Table:
    """The table behind a chart over time."""
    return Table(
        [words.text("Time"), *(one.name for one in series)],
        [Row(name, [words.number(one.values[at]) for one in series]) for at, name in enumerate(names)],
    )


def ranking(
    title: str, head: str, rows: Sequence[Row], series: Sequence[Series], words: Wording, *, empty: str = ""
) -> Panel:
    """The largest as bars, everything as a table; cells of `rows` stand behind the numbers of the series."""
    first = [Series(one.css, one.name, one.values[:DRAWN]) for one in series]
    return Panel(
        title=title,
        chart=charts.ranks(title, [row.name for row in rows[:DRAWN]], first, words) if rows else None,
        legend=series if rows else (),
        table=Table(
            [head, *(one.name for one in series)],
            [
                Row(row.name, [*(words.number(one.values[at]) for one in series), *row.cells], row.url)
                for at, row in enumerate(rows)
            ],
        ),
        empty=empty,
    )
