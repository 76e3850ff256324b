"""Charts as SVG made on the server: no script, no inline style; every page puts the figures in a table behind them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import attrs
from markupsafe import Markup, escape

from entrypoints.dashboard.wording import Wording

WIDTH: Final = 720
HEIGHT: Final = 220
LEFT: Final = 68
RIGHT: Final = 8
BOTTOM: Final = 26
TOP: Final = 10
TALL: Final = HEIGHT - TOP - BOTTOM
INNER: Final = WIDTH - LEFT - RIGHT
LABELS: Final = 7
"""So many names fit under a chart."""

Number = int | Decimal


@attrs.frozen
class Series:
    """One colour of a chart: a CSS class, a name, and a value per label."""

    css: str
    name: str
    values: Sequence[Number]


def bars(title: str, labels: Sequence[str], series: Sequence[Series], words: Wording) -> Markup:
    """Stacked bars, one per label."""
    totals = [sum(one.values[place] for one in series) for place in range(len(labels))]
    top = ceiling(max(totals, default=0))
    slot = INNER / max(len(labels), 1)
    parts = [_axis(words, [(0, TOP + TALL), (_half(top), TOP + TALL / 2), (top, TOP)])]
    for place, label in enumerate(labels):
        y = float(TOP + TALL)
        for one in series:
            height = float(TALL * one.values[place] / top)
            if height > 0:
                y -= height
                parts.append(_bar(one, place, label, slot, y, height, words))
    return _svg(title, [*parts, _labels(labels, slot)])


def ups_and_downs(title: str, labels: Sequence[str], up: Series, down: Series, words: Wording) -> Markup:
    """Bars above and below a line, on one scale: what came and what went."""
    highest, lowest = ceiling(max(up.values, default=0)), ceiling(max(down.values, default=0))
    slot, unit = INNER / max(len(labels), 1), TALL / float(highest + lowest)
    zero = TOP + float(highest) * unit
    marks: list[tuple[Number, float]] = [(highest, TOP), (0, zero), (lowest, TOP + TALL)]
    # Two numbers closer to one another than a line of text would cover each other.
    parts = [_axis(words, [mark for mark in marks if mark[1] == zero or abs(mark[1] - zero) > 14])]
    for place, label in enumerate(labels):
        for one, above in ((up, True), (down, False)):
            height = float(one.values[place]) * unit
            if height > 0:
                parts.append(_bar(one, place, label, slot, zero - height if above else zero, height, words))
    return _svg(title, [*parts, _labels(labels, slot)])


def lines(title: str, labels: Sequence[str], series: Sequence[Series], words: Wording) -> Markup:
    """A line for each series, over the same axis."""
    top = ceiling(max((value for one in series for value in one.values), default=0))
    slot = INNER / max(len(labels), 1)
    parts = [_axis(words, [(0, TOP + TALL), (_half(top), TOP + TALL / 2), (top, TOP)])]
    for one in series:
        points = [
            (LEFT + slot * (place + 0.5), float(TOP + TALL - TALL * value / top))
            for place, value in enumerate(one.values)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(
            f'<polyline class="line {escape(one.css)}" points="{path}"><title>{escape(one.name)}</title></polyline>'
        )
        if len(points) == 1:
            parts.append(
                f'<circle class="{escape(one.css)}" cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="4"/>'
            )
    return _svg(title, [*parts, _labels(labels, slot)])


ROW: Final = 17
GAP: Final = 14
NUMBERS: Final = 100
LETTER: Final = 7.0
WIDE_LETTER: Final = 11.6
"""Pixels of a Latin letter and of a Korean one, about."""
LONGEST_NAME: Final = 176.0
"""Pixels; the whole name is in the table, and told when one points at the bar."""


def ranks(title: str, labels: Sequence[str], series: Sequence[Series], words: Wording) -> Markup:
    """Horizontal bars on one scale, a group for each label, its name before it and its numbers behind."""
    top = max((value for one in series for value in one.values), default=0) or 1
    before = max((_width(_short(label)) for label in labels), default=0.0) + 14
    longest = WIDTH - before - NUMBERS
    group = ROW * len(series) + GAP
    parts: list[str] = []
    for place, label in enumerate(labels):
        y = GAP / 2 + place * group
        middle = y + ROW * len(series) / 2 + 4
        parts.append(
            f'<text x="{before - 10:.1f}" y="{middle:.1f}" text-anchor="end">{escape(_short(label))}'
            f"<title>{escape(label)}</title></text>"
        )
        for step, one in enumerate(series):
            value, at = one.values[place], y + step * ROW
            width = max(longest * float(value / top), 1.0)
            told = words.number(value)
            parts.append(
                f'<rect class="{escape(one.css)}" x="{before:.1f}" y="{at:.1f}" width="{width:.1f}" height="{ROW - 3}" rx="2">'
                f"<title>{escape(label)} · {escape(one.name)} {escape(told)}</title></rect>"
                f'<text x="{before + width + 7:.1f}" y="{at + ROW - 6:.1f}">{escape(told)}</text>'
            )
    return _svg(title, parts, height=max(group * len(labels), ROW), css="chart ranks")


def ceiling(highest: Number) -> Number:
    """The top of an axis: 1, 2, 3, 4, 6 or 8 times a power of ten; of whole numbers at least 4, so that halves are whole."""
    if isinstance(highest, int):
        if highest <= 4:
            return 4
        power = int("1".ljust(len(str(highest)), "0"))
        return next(step * power for step in (1, 2, 3, 4, 6, 8, 10) if step * power >= highest)
    if highest <= 0:
        return 4
    unit = Decimal(1).scaleb(highest.adjusted())
    return next(step * unit for step in (1, 2, 3, 4, 6, 8, 10) if step * unit >= highest)


def _half(top: Number) -> Number:
    return top // 2 if isinstance(top, int) else top / 2


def _bar(one: Series, place: int, label: str, slot: float, y: float, height: float, words: Wording) -> str:
    width = max(slot * 0.68, 1.0)
    x = LEFT + slot * place + (slot - width) / 2
    return (
        f'<rect class="{escape(one.css)}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2">'
        f"<title>{escape(label)} · {escape(one.name)} {escape(words.number(one.values[place]))}</title></rect>"
    )


def _axis(words: Wording, marks: Sequence[tuple[Number, float]]) -> str:
    """A line and a number at each height."""
    return "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(words.number(value))}</text>'
        for value, y in marks
    )


def _labels(labels: Sequence[str], slot: float) -> str:
    every = max(1, -(-len(labels) // LABELS))
    return "".join(
        f'<text x="{LEFT + slot * (place + 0.5):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(label)}</text>'
        for place, label in enumerate(labels)
        if place % every == 0
    )


def _short(name: str) -> str:
    """As much of a name as there is room for."""
    if _width(name) <= LONGEST_NAME:
        return name
    kept = name[: int(LONGEST_NAME / LETTER)]
    while _width(kept) > LONGEST_NAME - LETTER:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def _width(name: str) -> float:
    """Pixels of a name in a chart, about."""
    return sum(LETTER if letter < "\u1100" else WIDE_LETTER for letter in name)


def _svg(title: str, parts: Sequence[str], *, height: float = HEIGHT, css: str = "chart") -> Markup:
    """Every text in `parts` is escaped where it is put in."""
    opening = (
        f'<svg class="{css}" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">'
    )
    return Markup(opening + "".join(parts) + "</svg>")  # noqa: S704
