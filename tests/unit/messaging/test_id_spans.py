"""Id ranges: every id is in one piece, and no piece reaches over a day without ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.postgres.id_spans import spans

START = datetime(2026, 1, 1, tzinfo=UTC)


def made_at(days: float) -> UUID:
    milliseconds = int((START + timedelta(days=days)).timestamp() * 1000)
    return UUID(int=milliseconds << 80)


@pytest.mark.parametrize(
    ("days", "pieces"),
    [
        ([], []),
        ([0], [[0]]),
        ([0, 0.5, 1], [[0, 0.5, 1]]),
        ([0, 0.9, 1.8, 2.7], [[0, 0.9, 1.8, 2.7]]),
        ([0, 1.5], [[0], [1.5]]),
        ([0, 0.1, 90, 90.2, 400], [[0, 0.1], [90, 90.2], [400]]),
    ],
)
def test_ids_are_cut_where_more_than_a_day_is_empty(days: list[float], pieces: list[list[float]]) -> None:
    """One old id in a batch costs one small range, not all partitions between."""
    cut = spans([made_at(day) for day in days])
    assert [list(piece) for piece in cut] == [[made_at(day) for day in piece] for piece in pieces]
