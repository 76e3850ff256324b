"""Distributions as the report writes them."""

from __future__ import annotations

from collections.abc import Sequence


def spread(values: Sequence[float], digits: int = 1) -> dict[str, float]:
    """Mean, median, 95th and 99th percentile (nearest rank) of values in any order; zeros when there are none."""
    ordered = sorted(values)
    if not ordered:
        return {"mean": 0.0, "p50": 0.0, "p95": 0.0, "p99": 0.0}

    def rank(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], digits)

    mean = round(sum(ordered) / len(ordered), digits)
    return {"mean": mean, "p50": rank(0.50), "p95": rank(0.95), "p99": rank(0.99)}


def per_message(seconds: float, messages: int) -> float:
    """Microseconds a message."""
    return round(seconds * 1e6 / messages, 1) if messages else 0.0
