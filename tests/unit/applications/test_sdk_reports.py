"""What SDKs report of themselves is summed up, and stays bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from adapters.system.sdk_counts import MAX_CODES, SdkCounts
from application.applications.commands import RecordSdkReportCommand
from application.applications.record_sdk_report import RecordSdkReport
from domain.shared.errors import InvalidInput

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REPORT = RecordSdkReportCommand(
    begins_at=NOON - timedelta(hours=1),
    ends_at=NOON,
    start_p50_ms=40,
    start_p95_ms=90,
    starts=3,
    registered=2,
    not_registered=1,
    identified=5,
    not_identified=0,
    errors={"network": 4},
)


def test_reports_add_up() -> None:
    """Counts are summed over reports; of the start-up times the worst is kept."""
    counts = SdkCounts()
    record = RecordSdkReport(sdk_measures=counts)
    record(REPORT)
    record(attrs.evolve(REPORT, start_p50_ms=20, start_p95_ms=200, errors={"network": 1, "timeout": 1}))
    assert (counts.reports, counts.starts) == (2, 6)
    assert counts.calls["register", "ok"] == 4
    assert counts.calls["register", "fail"] == 2
    assert counts.calls["identify", "ok"] == 10
    assert counts.errors == {"network": 5, "timeout": 1}
    assert counts.slowest_start_ms == {"p50": 40, "p95": 200}


def test_codes_that_devices_invent_are_counted_together() -> None:
    """A device may send any code; only so many are told apart, and known ones go on being counted."""
    counts = SdkCounts()
    record = RecordSdkReport(sdk_measures=counts)
    for number in range(MAX_CODES + 50):
        record(attrs.evolve(REPORT, errors={f"code_{number}": 1}))
    record(attrs.evolve(REPORT, errors={"code_0": 1}))
    assert len(counts.errors) == MAX_CODES + 1
    assert counts.errors["other"] == 50
    assert counts.errors["code_0"] == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"begins_at": NOON + timedelta(seconds=1)}, "window.to"),
        ({"start_p50_ms": 91}, "init_ms.p95"),
    ],
)
def test_figures_that_contradict_one_another_are_not_counted(wrong: dict[str, object], field: str) -> None:
    """They are refused by their field."""
    counts = SdkCounts()
    with pytest.raises(InvalidInput) as refused:
        RecordSdkReport(sdk_measures=counts)(attrs.evolve(REPORT, **wrong))
    assert refused.value.field == field
    assert counts.reports == 0
