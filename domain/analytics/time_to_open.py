"""How long people took: the time from sending to opening, in classes that can be added up."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final

BOUNDS: Final[Sequence[int]] = (60, 300, 900, 3_600, 10_800, 43_200, 86_400, 259_200)
"""Upper bounds in seconds; the last class has none. Class 0 is of what has no such time."""


def open_class(seconds: float) -> int:
    """1 … len(BOUNDS) + 1; a time at a bound belongs below it, a negative one to the first."""
    return bisect_left(BOUNDS, seconds) + 1


def median_bound(counts: Mapping[int, int]) -> int | None:
    """The upper bound, in seconds, of the class that the median is in; None: nothing was opened, or it is in the last."""
    total = sum(n for number, n in counts.items() if number > 0)
    seen = 0
    for number, bound in enumerate(BOUNDS, 1):
        seen += counts.get(number, 0)
        if total and seen * 2 >= total:
            return bound
    return None


def share(part: int, of: int) -> float | None:
    """A rate between 0 and 1 to six decimals; None where there is nothing to be a part of."""
    return round(part / of, 6) if of else None
