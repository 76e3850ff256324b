"""What SDKs report of themselves is summed up, and stays bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from adapters.telemetry.measures import ProcessMeasures
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


def figures(measures: ProcessMeasures) -> dict[tuple[str, ...], float]:
    """What was counted, by name and labels."""
    return {
        (one.name, *one.labels): one.value for one in measures.figures() if one.name.startswith("signal_sdk")
    }


def test_reports_add_up() -> None:
    """Counts are summed over reports; of start-up times the last word counts."""
    measures = ProcessMeasures()
    record = RecordSdkReport(sdk_measures=measures)
    record(REPORT)
    record(attrs.evolve(REPORT, start_p50_ms=20, start_p95_ms=200, errors={}))
    assert sorted(value for key, value in figures(measures).items() if key[1:] == ("register", "ok")) == [4]
    assert sorted(value for key, value in figures(measures).items() if key[1:] == ("register", "fail")) == [2]
    assert sorted(value for key, value in figures(measures).items() if key[1:] == ("identify", "ok")) == [10]
    assert figures(measures)["signal_sdk_initialize_seconds", "95"] == 0.2


def test_codes_that_devices_invent_are_counted_together() -> None:
    """A device may send any code; only the client API's own are told apart."""
    measures = ProcessMeasures()
    record = RecordSdkReport(sdk_measures=measures)
    for number in range(50):
        record(attrs.evolve(REPORT, errors={f"code_{number}": 1}))
    errors = {key[-1]: value for key, value in figures(measures).items() if "error" in key[0]}
    assert errors == {"other": 50}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"begins_at": NOON + timedelta(seconds=1)}, "window.to"),
        ({"start_p50_ms": 91}, "init_ms.p95"),
    ],
)
def test_figures_that_contradict_one_another_are_not_counted(wrong: dict[str, object], field: str) -> None:
    """They are refused by their field."""
    measures = ProcessMeasures()
    with pytest.raises(InvalidInput) as refused:
        RecordSdkReport(sdk_measures=measures)(attrs.evolve(REPORT, **wrong))
    assert refused.value.field == field
    assert figures(measures) == {}
