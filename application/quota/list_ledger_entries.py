"""List an application's ledger entries, newest first."""

from __future__ import annotations

import attrs

from application.ports.ledger import EntryFilter, Ledger
from application.quota.commands import ListLedgerEntriesCommand
from domain.quota.entries import Entry
from domain.shared.page import Page, check_limit, decode_id_cursor, encode_cursor


@attrs.frozen(kw_only=True)
class ListLedgerEntries:
    ledger: Ledger

    async def __call__(self, command: ListLedgerEntriesCommand) -> Page[Entry]:
        """Raise NotFound for an unknown application, InvalidInput for a limit or cursor that cannot be used."""
        limit = check_limit(command.limit)
        entries = await self.ledger.entries(
            command.application_id,
            EntryFilter(
                kind=command.kind,
                reservation_id=command.reservation_id,
                since=command.since,
                until=command.until,
            ),
            before=decode_id_cursor(command.cursor),
            limit=limit + 1,
        )
        shown = tuple(entries[:limit])
        return Page(shown, encode_cursor(str(shown[-1].id)) if len(entries) > limit else None)
