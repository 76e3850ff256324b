"""The counters of one process: what its requests, sends and jobs came to since it started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from adapters.telemetry.folded import Distribution, FoldedCounter, FoldedHistogram
from application.ports.measures import Figure

CLIENT_ERRORS: Final = frozenset(
    {
        "network", "timeout", "invalid_input", "unauthenticated", "forbidden", "sdk_too_old", "not_found", "conflict",
        "rate_limited", "unavailable", "storage", "permission_denied", "push_unavailable", "queue_full", "unknown",
    }
)  # fmt: skip
"""Codes that are labels; an app could send any text."""


class ProcessMeasures:
    """Implements every protocol of `application.ports.measures` that counts."""

    def __init__(self) -> None:
        self._requests = FoldedCounter("signal_http_requests_total")
        self._request_seconds = FoldedHistogram("signal_http_request_seconds")
        self._sends = FoldedCounter("signal_sends_total")
        self._send_seconds = FoldedHistogram("signal_send_seconds")
        self._chunk_seconds = FoldedHistogram("signal_send_chunk_seconds")
        self._job_seconds = FoldedHistogram("signal_job_seconds")
        self._job_failures = FoldedCounter("signal_job_failures_total")
        self._webhook_attempts = FoldedCounter("signal_webhook_attempts_total")
        self._webhook_seconds = FoldedHistogram("signal_webhook_seconds")
        self._sdk_calls = FoldedCounter("signal_sdk_calls_total")
        self._sdk_errors = FoldedCounter("signal_sdk_errors_total")
        self._sdk_starts = FoldedCounter("signal_sdk_initializations_total")
        self._sdk_percentiles: dict[str, float] = {}

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.add(1, method, route, str(status))
        self._request_seconds.observe(seconds, method, route)

    def sent(
        self,
        channel: str,
        provider: str,
        outcomes: Mapping[str, int],
        latencies_ms: Mapping[int, int],
        seconds: float,
    ) -> None:
        for outcome, n in outcomes.items():
            self._sends.add(n, channel, provider, outcome)
        if latencies_ms:
            self._send_seconds.fold(latencies_ms, channel, provider)
        self._chunk_seconds.observe(seconds, channel, provider)

    def ran(self, job: str, seconds: float, *, failed: bool = False) -> None:
        self._job_seconds.observe(seconds, job)
        if failed:
            self._job_failures.add(1, job)

    def posted(self, outcome: str, seconds: float) -> None:
        """One post to a webhook's endpoint ended."""
        self._webhook_attempts.add(1, outcome)
        self._webhook_seconds.observe(seconds)

    def reported(
        self,
        *,
        initialize_ms: Mapping[str, float],
        calls: Mapping[tuple[str, str], int],
        errors: Mapping[str, int],
    ) -> None:
        for (operation, outcome), n in calls.items():
            self._sdk_calls.add(n, operation, outcome)
        for code, n in errors.items():
            self._sdk_errors.add(n, code if code in CLIENT_ERRORS else "other")
        if started := initialize_ms.get("n", 0):
            self._sdk_starts.add(started)
            for name, percentile in (("p50", "50"), ("p95", "95")):
                if name in initialize_ms:
                    self._sdk_percentiles[percentile] = initialize_ms[name] / 1_000.0

    def figures(self) -> Iterator[Figure]:
        """Every counter's numbers."""
        for counter in (
            self._requests, self._sends, self._job_failures, self._webhook_attempts, self._sdk_calls,
            self._sdk_errors, self._sdk_starts,
        ):  # fmt: skip
            yield from counter.figures()
        for percentile, seconds in dict(self._sdk_percentiles).items():
            yield Figure("signal_sdk_initialize_seconds", seconds, (percentile,))

    def distributions(self) -> Iterator[Distribution]:
        """Every histogram."""
        for histogram in (
            self._request_seconds, self._send_seconds, self._chunk_seconds, self._job_seconds, self._webhook_seconds,
        ):  # fmt: skip
            yield from histogram.distributions()
