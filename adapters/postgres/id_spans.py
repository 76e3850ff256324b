"""Ranges of UUIDv7 ids for `id BETWEEN $min AND $max`, so that a statement touches only partitions that matter."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID

_DAY = 86_400_000 << 80
"""A day, as a difference between two UUIDv7."""


def spans(ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    """Cut ascending ids wherever more than a day lies between two: no piece spans a partition it has no id in."""
    if not ids:
        return []
    if ids[-1].int - ids[0].int <= _DAY:
        return [ids]
    cuts = [at for at, (before, after) in enumerate(pairwise(ids), 1) if after.int - before.int > _DAY]
    return [ids[start:end] for start, end in zip([0, *cuts], [*cuts, len(ids)], strict=True)]
