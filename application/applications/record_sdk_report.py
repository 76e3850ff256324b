"""Count how an app fared, as its SDK reports once an hour at most."""

from __future__ import annotations

import attrs

from application.applications.commands import RecordSdkReportCommand
from application.ports.measures import SdkMeasures
from domain.shared.errors import InvalidInput


@attrs.frozen(kw_only=True)
class RecordSdkReport:
    """Nothing is kept per install: only sums leave this process, for whoever watches the installation."""

    sdk_measures: SdkMeasures

    def __call__(self, command: RecordSdkReportCommand) -> None:
        """Raise InvalidInput for figures that contradict one another; then nothing is counted."""
        if command.ends_at < command.begins_at:
            raise InvalidInput(
                "the window ends before it begins", field="window.to", fix="send the window's end as to"
            )
        if command.start_p95_ms < command.start_p50_ms:
            raise InvalidInput("p95 is below p50", field="init_ms.p95", fix="send the 95th percentile")
        self.sdk_measures.reported(
            initialize_ms={"p50": command.start_p50_ms, "p95": command.start_p95_ms, "n": command.starts},
            calls={
                ("register", "ok"): command.registered,
                ("register", "fail"): command.not_registered,
                ("identify", "ok"): command.identified,
                ("identify", "fail"): command.not_identified,
            },
            errors=command.errors,
        )
