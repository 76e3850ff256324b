"""Counters and histograms that take many observations in one call, and can be read from another thread meanwhile."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import attrs

from application.ports.measures import Figure

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds in seconds."""
MOST_LABELS: Final = 2_000
"""Label sets of one metric at most: what comes after that is counted as "other"."""

Labels = tuple[str, ...]


@attrs.frozen(slots=True)
class Distribution:
    """One histogram: `buckets` are (upper bound, how many were not above it), the last bound is infinite."""

    name: str
    labels: Labels
    buckets: Sequence[tuple[str, float]]
    total: float


class FoldedCounter:
    """`add` any number at a time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._counts: Counter[Labels] = Counter()

    def add(self, n: float, *labels: str) -> None:
        counts = self._counts
        if labels not in counts and len(counts) >= MOST_LABELS:
            labels = tuple("other" for _ in labels)
        counts[labels] += n  # type: ignore[assignment]  # seconds are counted, too

    def figures(self) -> Iterator[Figure]:
        for labels, n in self._counts.copy().items():
            yield Figure(self.name, n, labels)


class FoldedHistogram:
    """`observe` takes one observation, `fold` takes milliseconds with how often each came."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._counts: dict[Labels, list[int]] = {}
        self._sums: Counter[Labels] = Counter()

    def observe(self, seconds: float, *labels: str) -> None:
        row, labels = self._row(labels)
        row[bisect_left(BOUNDS, seconds)] += 1
        self._sums[labels] += seconds  # type: ignore[assignment]  # seconds are summed

    def fold(self, milliseconds: Mapping[int, int], *labels: str) -> None:
        row, labels = self._row(labels)
        spent = 0
        for value, times in milliseconds.items():
            row[bisect_left(BOUNDS, value / 1_000)] += times
            spent += value * times
        self._sums[labels] += spent / 1_000  # type: ignore[assignment]  # seconds are summed

    def _row(self, labels: Labels) -> tuple[list[int], Labels]:
        row = self._counts.get(labels)
        if row is None:
            if len(self._counts) >= MOST_LABELS:
                labels = tuple("other" for _ in labels)
            row = self._counts.setdefault(labels, [0] * (len(BOUNDS) + 1))
        return row, labels

    def distributions(self) -> Iterator[Distribution]:
        for labels, row in self._counts.copy().items():
            yield Distribution(self.name, labels, cumulative(BOUNDS, row), float(self._sums[labels]))


def cumulative(bounds: Sequence[float], counts: Sequence[int]) -> list[tuple[str, float]]:
    """Prometheus' buckets from counts between bounds; `counts` has one more than `bounds`."""
    found: list[tuple[str, float]] = []
    so_far = 0
    for bound, n in zip([*map(repr, bounds), "+Inf"], list(counts), strict=True):
        so_far += n
        found.append((bound, so_far))
    return found
