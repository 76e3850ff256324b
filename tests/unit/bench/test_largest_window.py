"""The bench finds the busiest second wherever it begins."""

from __future__ import annotations

import pytest

from bootstrap.bench.campaign_runs import largest_window


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([], 0),
        ([5.0], 1),
        ([0.0, 0.5, 1.5, 1.75, 2.25], 3),
        ([0.75, 1.0, 1.25, 3.0], 3),
        ([0.0, 2.0, 4.0], 1),
    ],
)
def test_the_busiest_second_is_found(moments: list[float], expected: int) -> None:
    """Any second counts, not only those of the clock."""
    assert largest_window(moments) == expected
