"""Prove the ledger from its lines: granted = settled + released + open, and every account agrees."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import attrs

from application.ports.ledger import LedgerEvidence
from application.quota.commands import CheckLedgerCommand
from domain.messaging.lifecycle import WAITING
from domain.quota.proof import Finding, WindowEvidence

MAX_FINDINGS: Final = 1000


@attrs.frozen(kw_only=True)
class LedgerReport:
    """What the proof found. `balanced` is the answer; the totals are of the daily windows."""

    applications: int
    windows: int
    granted: int
    settled: int
    released: int
    findings: tuple[Finding, ...]
    truncated: bool
    """There are more findings than are listed."""

    @property
    def balanced(self) -> bool:
        return not self.findings

    @property
    def open(self) -> int:
        return self.granted - self.settled - self.released


@attrs.frozen(kw_only=True)
class CheckLedger:
    evidence: LedgerEvidence

    async def __call__(self, command: CheckLedgerCommand) -> LedgerReport:
        """Check one application or all, in bounded memory, reading one snapshot while the system runs."""
        applications: set[UUID] = set()
        findings: list[Finding] = []
        windows = granted = settled = released = 0
        truncated = False
        waiting = sorted(WAITING) if command.with_messages else ()
        async for evidence in self.evidence.gather(command.application_id, waiting, at_most=MAX_FINDINGS + 1):
            applications.add(evidence.application_id)
            if isinstance(evidence, WindowEvidence):
                windows += 1
                if evidence.kind == "daily":
                    granted += evidence.lines.granted
                    settled += evidence.lines.settled
                    released += evidence.lines.released
            for finding in evidence.findings():
                if len(findings) < MAX_FINDINGS:
                    findings.append(finding)
                else:
                    truncated = True
        return LedgerReport(
            applications=len(applications),
            windows=windows,
            granted=granted,
            settled=settled,
            released=released,
            findings=tuple(findings),
            truncated=truncated,
        )
