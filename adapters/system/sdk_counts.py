"""Counts in this process of what SDKs report; bounded, whatever devices send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

MAX_CODES: Final = 100
"""Different error codes that are told apart; what comes after is counted as `other`."""
OTHER: Final = "other"


class SdkCounts:
    """Implements `application.ports.sdk_measures.SdkMeasures`."""

    def __init__(self) -> None:
        self.reports = 0
        self.starts = 0
        self.calls: Counter[tuple[str, str]] = Counter()
        """By (operation, outcome)."""
        self.errors: Counter[str] = Counter()
        """By code."""
        self.slowest_start_ms: dict[str, float] = {}
        """The worst p50 and p95 that were reported."""

    def reported(
        self,
        *,
        initialize_ms: Mapping[str, float],
        calls: Mapping[tuple[str, str], int],
        errors: Mapping[str, int],
    ) -> None:
        self.reports += 1
        self.calls.update(calls)
        for code, n in errors.items():
            known = code in self.errors or len(self.errors) < MAX_CODES
            self.errors[code if known else OTHER] += n
        started = int(initialize_ms.get("n", 0))
        if started:
            self.starts += started
            for name in ("p50", "p95"):
                self.slowest_start_ms[name] = max(
                    self.slowest_start_ms.get(name, 0.0), initialize_ms.get(name, 0.0)
                )
