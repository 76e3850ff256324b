"""`automata-signal bench` as an operator runs it, small: what it reports adds up. It is never held to a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.servers import memory_root, open_folder

ROOT = Path(__file__).resolve().parents[3]
MESSAGES = 400
ROWS = 1_000
AUDIENCE = 400
PARTS = {"python", "postgres", "nats", "simulator"}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """One small bench for every test here, with all that can be asked for beside the main runs.

    It succeeds and leaves nothing in its folder, which is in memory where there is room.
    """
    sizes = ("--messages", str(MESSAGES), "--clients", "40", "--subscriptions", "200", "--rows", str(ROWS))
    ramp = ("--ramp", "--ramp-last", "1000", "--seconds", "1")
    scale = ("--quota", "--scale", "--segments", "--dashboard")
    campaign = ("--campaign", "--campaign-recipients", str(AUDIENCE))
    with open_folder(memory_root()) as folder:
        options = ["--folder", str(folder), "--json", *sizes, *ramp, *scale, *campaign]
        done = subprocess.run(
            [sys.executable, "-m", "bootstrap.main", "bench", *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert list(folder.iterdir()) == []
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_accepted_message_is_settled(report: dict[str, Any]) -> None:
    """No run loses a message, and no call is refused."""
    for run in ("throughput", "throughput_ios", "paced"):
        assert report[run]["settled"] == report[run]["messages"], run
        assert report[run]["refused_calls"] == {}, run
    assert report["messages"] == report["throughput"]["messages"] == MESSAGES
    assert report["baseline"]["settled"] == report["baseline"]["messages"] == MESSAGES


def test_what_a_burst_accepts_is_stored(report: dict[str, Any]) -> None:
    """As many rows as the calls were told."""
    assert report["burst"]["accepted"] == report["burst"]["stored"] == MESSAGES


def test_the_report_has_the_promised_figures(report: dict[str, Any]) -> None:
    """Every figure that the command is read for is there and positive."""
    assert report["rate"] > 0
    assert report["ratio"] == pytest.approx(
        report["throughput_ios"]["rate"] / report["baseline_rate"], abs=0.01
    )
    assert report["cpu_ratio"] > 0
    assert set(report["cpu_us_per_message"]) == PARTS
    assert all(report["cpu_us_per_message"][part] > 0 for part in ("python", "postgres", "simulator"))
    latency = report["latency_ms"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"]
    assert 0 < report["connections_max"] <= 50
    assert report["rss_mb_max"] > 0
    assert report["burst"]["seconds"] > 0
    assert set(report["machine"]) >= {"cores", "load_average"}
    assert set(report["versions"]) >= {"python", "postgresql", "nats-server", "aioapns"}


def test_single_sends_of_many_clients_share_transactions(report: dict[str, Any]) -> None:
    """Every single send was stored, by fewer transactions than there are messages."""
    singles = report["group_commit"]
    assert singles["messages"] == MESSAGES
    assert 0 < singles["transactions"] < MESSAGES
    assert singles["mean_group"] == pytest.approx(MESSAGES / singles["transactions"], abs=0.1)


def test_overrun_quotas_are_held_exactly(report: dict[str, Any]) -> None:
    """Each of several applications gets precisely its quota, whoever races with whom."""
    quota = report["quota"]
    assert quota["offered_each"] > quota["quota"]
    assert quota["accepted"] == quota["used"] == [quota["quota"]] * quota["applications"]
    assert quota["exact"] is True
    assert set(quota["refused_calls"]) == {"429"}


def test_ramp_and_scale_report_step_by_step(report: dict[str, Any]) -> None:
    """A ramp has a line per rate; the flatness has one per table size."""
    (step,) = report["ramp"]
    assert step["offered"] == 1_000
    assert step["achieved"] > 0
    assert step["error_rate"] == 0
    flatness = report["flatness"]
    assert flatness["small"]["rows"] >= ROWS
    assert flatness["large"]["rows"] == flatness["small"]["rows"] + flatness["messages_each"]
    assert set(flatness["change"]) == {"python", "postgres", "simulator"}
    assert set(flatness["change_beside_simulator"]) == {"python", "postgres"}
    segments = report["segments"]
    assert segments["subscriptions"] == segments["counts"]["everyone"]["matching"] == ROWS
    for count in segments["counts"].values():
        assert 0 < count["matching"] <= ROWS
        assert 0 < count["p50"] <= count["p95"] <= count["p99"]


def test_the_dashboard_is_measured_over_its_month(report: dict[str, Any]) -> None:
    """The month is as large as was asked for, pages and live figures have their times, and the watchers were told something."""
    found = report["dashboard"]
    assert found["messages"] == ROWS
    assert found["rows_of_figures"] > 720
    for name in ("overview_ms", "analytics_ms", "campaigns_ms", "live_ms"):
        assert 0 < found[name]["p50"] <= found[name]["p95"] <= found[name]["p99"], name
    watching = found["watching"]
    assert watching["events"] >= watching["dashboards"] == 200
    assert watching["api_percent_of_a_core"] > 0


def test_campaigns_report_every_promised_figure(report: dict[str, Any]) -> None:
    """Rendering, pacing, single sends beside a campaign, fan-out with and without variables add up."""
    found = report["campaign"]
    assert found["rendering"]["fast_path_us"] > 0
    assert found["rendering"]["four_variables_and_a_condition_us"] > 0
    pacing = found["pacing"]
    assert (pacing["workers"], pacing["per_second"], pacing["status"]) == (2, 500, "sent")
    assert pacing["arrived"] == pacing["recipients"] == 200
    assert 0 < pacing["largest_window"] <= 200
    beside = found["transactional"]
    assert beside["campaign"]["status"] == "sent"
    assert beside["campaign"]["recipients"] == AUDIENCE
    for run in ("idle", "busy"):
        assert beside[run]["settled"] == beside[run]["accepted"] == beside["singles"]
        assert beside[run]["latency_ms"]["p99"] >= beside[run]["latency_ms"]["p50"] > 0
    assert set(beside["p99_ratio"]) == {"call_ms", "to_provider_ms", "latency_ms"}
    fan_out = found["fan_out"]
    assert fan_out["scheduler_rss_mb_max"] > 0
    for run in ("plain", "personal"):
        assert fan_out[run]["messages"] == fan_out["recipients"] == ROWS
        assert set(fan_out[run]["cpu_us_per_recipient"]) == {"scheduler", "postgres"}
        assert {"rate", "seconds", "launch_seconds", "transactions"} <= set(fan_out[run])
