"""Ask for a file that the scheduler writes."""

from __future__ import annotations

import attrs

from application.ports.clock import Clock
from application.ports.exports import Exports
from application.ports.identifiers import Identifiers
from application.reports.commands import CreateExportCommand
from domain.reports.export import MOST_OPEN, Export, ExportState, checked_report


@attrs.frozen(kw_only=True)
class CreateExport:
    exports: Exports
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: CreateExportCommand) -> Export:
        """Raise InvalidInput naming the field, NotFound for the application or campaign, Conflict when too many are open."""
        now = self.clock.now()
        export = Export(
            id=self.identifiers.one(),
            report=checked_report(
                application_id=command.application_id,
                subject=command.subject,
                format=command.format,
                now=now,
                since=command.since,
                until=command.until,
                campaign_id=command.campaign_id,
                bom=command.bom,
            ),
            state=ExportState.WAITING,
            created_at=now,
            created_by=command.created_by,
        )
        await self.exports.add(export, most_open=MOST_OPEN)
        return export
