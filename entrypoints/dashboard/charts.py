"""Charts as SVG made on the server: no script, no inline style; every page puts the figures in a table behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs
from markupsafe import Markup, escape

from entrypoints.dashboard.wording import Wording

WIDTH: Final = 720
HEIGHT: Final = 220
LEFT: Final = 64
BOTTOM: Final = 26
TOP: Final = 10


@attrs.frozen
class Series:
    """One colour of a chart: a CSS class, a name, and a value per label."""

    css: str
    name: str
    values: Sequence[int]


def bars(title: str, labels: Sequence[str], series: Sequence[Series], words: Wording) -> Markup:
    """Stacked bars, one per label."""
    totals = [sum(one.values[place] for one in series) for place in range(len(labels))]
    top = ceiling(max(totals, default=0))
    inner, tall = WIDTH - LEFT - 8, HEIGHT - TOP - BOTTOM
    slot = inner / max(len(labels), 1)
    width = max(slot * 0.68, 2.0)
    parts = [_axis(top, words)]
    for place, label in enumerate(labels):
        x, y = LEFT + slot * place + (slot - width) / 2, float(TOP + tall)
        for one in series:
            height = tall * one.values[place] / top
            if not height:
                continue
            y -= height
            parts.append(
                f'<rect class="{escape(one.css)}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2">'
                f"<title>{escape(label)} · {escape(one.name)} {escape(words.number(one.values[place]))}</title></rect>"
            )
    parts.append(_labels(labels, slot))
    return _svg(title, parts)


def line(title: str, labels: Sequence[str], values: Sequence[int], words: Wording) -> Markup:
    """One line with the area under it."""
    top = ceiling(max(values, default=0))
    inner, tall = WIDTH - LEFT - 8, HEIGHT - TOP - BOTTOM
    slot = inner / max(len(labels), 1)
    points = [
        (LEFT + slot * (place + 0.5), TOP + tall - tall * value / top) for place, value in enumerate(values)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts = [_axis(top, words)]
    if points:
        ground = TOP + tall
        area = f"{points[0][0]:.1f},{ground} {path} {points[-1][0]:.1f},{ground}"
        parts.append(f'<polygon class="area" points="{area}"/><polyline class="line" points="{path}"/>')
    parts.append(_labels(labels, slot))
    return _svg(title, parts)


def ceiling(highest: int) -> int:
    """The top of the axis: 1, 2 or 5 times a power of ten, at least 4 so that quarters are whole numbers."""
    if highest <= 4:
        return 4
    power = int("1".ljust(len(str(highest)), "0"))
    return next(step * power for step in (1, 2, 4, 5, 8, 10) if step * power >= highest)


def _axis(top: int, words: Wording) -> str:
    tall = HEIGHT - TOP - BOTTOM
    lines = []
    for quarter in range(0, 5, 2):
        y = TOP + tall - tall * quarter / 4
        lines.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 8}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(words.number(top * quarter // 4))}</text>'
        )
    return "".join(lines)


def _labels(labels: Sequence[str], slot: float) -> str:
    every = max(1, round(len(labels) / 6))
    return "".join(
        f'<text x="{LEFT + slot * (place + 0.5):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(label)}</text>'
        for place, label in enumerate(labels)
        if place % every == 0
    )


def _svg(title: str, parts: Sequence[str]) -> Markup:
    """Every text in `parts` is escaped where it is put in."""
    opening = f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
    return Markup(opening + "".join(parts) + "</svg>")  # noqa: S704
