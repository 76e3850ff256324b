"""What is folded is what is shown: counters, histograms, labels that stay few, a source that fails."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from adapters.telemetry.catalogue import METRICS, Kind
from adapters.telemetry.exposition import Exposition
from adapters.telemetry.folded import MOST_LABELS, FoldedCounter
from adapters.telemetry.measures import ProcessMeasures
from application.ports.measures import Figure

ROUTE = "/v1/messages"


def shown(*measures: ProcessMeasures) -> str:
    return (
        Exposition([source for one in measures for source in (one.figures, one.distributions)])
        .text()
        .decode()
    )


def test_a_batch_is_folded_into_counters_and_buckets() -> None:
    """300 sends of one chunk are three counters and one histogram whose sum and buckets are theirs."""
    measures = ProcessMeasures()
    measures.sent("push", "apns", {"accepted": 290, "rejected": 10}, {4: 100, 20: 199, 40_000: 1}, 0.25)
    text = shown(measures)
    assert 'signal_sends_total{channel="push",outcome="accepted",provider="apns"} 290.0' in text
    assert 'signal_sends_total{channel="push",outcome="rejected",provider="apns"} 10.0' in text
    assert 'signal_send_seconds_bucket{channel="push",le="0.005",provider="apns"} 100.0' in text
    assert 'signal_send_seconds_bucket{channel="push",le="0.025",provider="apns"} 299.0' in text
    assert 'signal_send_seconds_bucket{channel="push",le="30.0",provider="apns"} 299.0' in text
    assert 'signal_send_seconds_count{channel="push",provider="apns"} 300.0' in text
    assert 'signal_send_seconds_sum{channel="push",provider="apns"} 44.38' in text
    assert 'signal_send_chunk_seconds_count{channel="push",provider="apns"} 1.0' in text


def test_requests_and_jobs_show_their_errors() -> None:
    """The status is a label; a job that failed counts as a run and as a failure."""
    measures = ProcessMeasures()
    measures.answered("POST", ROUTE, 202, 0.004)
    measures.answered("POST", ROUTE, 503, 0.9)
    measures.ran("folded", 0.01)
    measures.ran("folded", 0.01, failed=True)
    text = shown(measures)
    assert f'signal_http_requests_total{{method="POST",route="{ROUTE}",status="503"}} 1.0' in text
    assert f'signal_http_request_seconds_count{{method="POST",route="{ROUTE}"}} 2.0' in text
    assert 'signal_job_seconds_count{step="folded"} 2.0' in text
    assert 'signal_job_failures_total{step="folded"} 1.0' in text


def test_what_an_app_says_cannot_make_labels() -> None:
    """Error codes that the client API does not have are counted together."""
    measures = ProcessMeasures()
    measures.reported(
        initialize_ms={"p50": 120.0, "p95": 900.0, "n": 3},
        calls={("register", "ok"): 9, ("register", "fail"): 1},
        errors={"network": 2, "x" * 500: 1, "y": 1},
    )
    text = shown(measures)
    assert 'signal_sdk_errors_total{code="network"} 2.0' in text
    assert 'signal_sdk_errors_total{code="other"} 2.0' in text
    assert 'signal_sdk_calls_total{operation="register",outcome="ok"} 9.0' in text
    assert 'signal_sdk_initialize_seconds{percentile="95"} 0.9' in text
    assert "signal_sdk_initializations_total 3.0" in text


def test_label_sets_are_bounded() -> None:
    """After so many sets of labels everything new is one: nobody fills the memory by asking."""
    counter = FoldedCounter("signal_http_requests_total")
    for number in range(MOST_LABELS + 50):
        counter.add(1, "GET", f"/{number}", "404")
    found = list(counter.figures())
    assert len(found) == MOST_LABELS + 1
    assert found[-1].labels == ("other", "other", "other")
    assert found[-1].value == 50


def test_a_source_that_fails_hides_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever looks for the reason still sees the rest, and the log says what failed."""

    def broken() -> Iterator[Figure]:
        raise OSError("gone")
        yield

    text = Exposition([broken, lambda: [Figure("signal_node_load", 1.5)]]).text().decode()
    assert "signal_node_load 1.5" in text
    assert "a source of metrics failed" in caplog.text


def test_names_follow_the_conventions() -> None:
    """Prometheus' rules: counters end in _total, names are unique, and no label is one that scraping itself sets: Prometheus
    would rename ours to exported_job, and whoever groups by job would see the process instead.
    """
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert re.fullmatch(r"signal_[a-z0-9_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert not {"le", "quantile"} & set(metric.labels)
        assert not {"job", "instance"} & set(metric.labels)
        assert metric.help
