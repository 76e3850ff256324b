"""Look at exports, take them away, and fetch their files."""

from __future__ import annotations

from collections.abc import AsyncIterator

import attrs

from application.ports.clock import Clock
from application.ports.exports import Exports
from application.reports.commands import DownloadCommand, ExportCommand, ListExportsCommand
from domain.reports.download_links import DownloadKeys, DownloadLink
from domain.reports.export import LINK_LIVES, Export, ExportState
from domain.shared.errors import NotFound
from domain.shared.page import Page, check_limit, decode_id_cursor, encode_cursor


@attrs.frozen(slots=True)
class LinkedExport:
    """An export, and how to fetch it; None while there is nothing to fetch."""

    export: Export
    link: DownloadLink | None


@attrs.frozen(kw_only=True)
class ReadExport:
    exports: Exports
    clock: Clock
    download_keys: DownloadKeys

    async def __call__(self, command: ExportCommand) -> LinkedExport:
        """With a fresh link that lives an hour. Raise NotFound."""
        export = await self.exports.get(command.application_id, command.export_id)
        return self.linked(export)

    def linked(self, export: Export) -> LinkedExport:
        now = self.clock.now()
        expires = export.expires_at
        if export.state is not ExportState.READY or expires is None or expires <= now:
            return LinkedExport(export, None)
        return LinkedExport(export, self.download_keys.sign(export.id, min(now + LINK_LIVES, expires)))


@attrs.frozen(kw_only=True)
class ListExports:
    exports: Exports
    read_export: ReadExport

    async def __call__(self, command: ListExportsCommand) -> Page[LinkedExport]:
        """Newest first. Raise NotFound, InvalidInput for a limit or cursor that cannot be used."""
        limit = check_limit(command.limit)
        found = await self.exports.list(
            command.application_id, before=decode_id_cursor(command.cursor), limit=limit + 1
        )
        shown = tuple(self.read_export.linked(one) for one in found[:limit])
        return Page(shown, encode_cursor(str(shown[-1].export.id)) if len(found) > limit else None)


@attrs.frozen(kw_only=True)
class RemoveExport:
    exports: Exports

    async def __call__(self, command: ExportCommand) -> None:
        """With its file; one that is being written stops. Raise NotFound."""
        await self.exports.remove(command.application_id, command.export_id)


@attrs.frozen(kw_only=True)
class DownloadExport:
    exports: Exports
    clock: Clock
    download_keys: DownloadKeys

    async def __call__(self, command: DownloadCommand) -> tuple[Export, AsyncIterator[bytes]]:
        """The file in pieces. Raise NotFound for a link that was not signed by us, has ended, or whose file is gone."""
        now = self.clock.now()
        link = DownloadLink(command.expires, command.signature)
        if not self.download_keys.holds(command.export_id, link, now):
            raise NotFound(
                "this link is not one of ours, or has ended",
                fix="read the export again: it answers a new link",
            )
        export = await self.exports.ready(command.export_id, now)
        return export, self.exports.pieces(command.export_id)
