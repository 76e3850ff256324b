"""`automata-signal sdk-bench` as an operator runs it, small: every device was served. It is never held to a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bootstrap.sdk_bench.timing import figures, percentile
from tests.e2e.cli.runs import automata_signal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


def test_every_device_of_the_fleet_is_served(tmp_path: Path) -> None:
    """All registrations, logins, channels, starts and receipts are counted, and nothing is left in the folder."""
    sizes = ["--installs", "20", "--channels", "5", "--clients", "4", "--receipts", "300", "--sessions", "0"]
    done = automata_signal("sdk-bench", *sizes, "--folder", str(tmp_path), "--json", seconds=180)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    counted = {name: report[name]["n"] for name in ("register", "login", "three_channels", "first_start")}
    assert counted == {"register": 20, "login": 5, "three_channels": 15, "first_start": 5}
    assert (report["receipts"]["n"], report["receipts"]["calls"]) == (300, 3)
    assert report["requests_per_start"] == 4
    assert report["api_rss_mb"]["api"] > 0
    assert "sdk" not in report
    assert list(tmp_path.iterdir()) == []


def test_percentiles_are_the_nearest_rank() -> None:
    """Of a hundred values the 95th, of one itself, of none nothing."""
    values = [float(one) for one in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99)] == [50.0, 95.0, 99.0]
    assert (percentile([7.0], 0.99), percentile([], 0.5)) == (7.0, 0.0)
    assert figures([1.0, 3.0], 2.0, units=10)["per_second"] == 5.0
