"""List the versions of a template, newest first."""

from __future__ import annotations

import attrs

from application.ports.templates import SavedVersion, Templates
from application.templates.commands import ListVersionsCommand
from domain.shared.errors import InvalidInput
from domain.shared.page import Page, check_limit, decode_cursor, encode_cursor
from domain.templates.template import MAX_VERSIONS


@attrs.frozen(kw_only=True)
class ListVersions:
    templates: Templates

    async def __call__(self, command: ListVersionsCommand) -> Page[SavedVersion]:
        """Raise NotFound, InvalidInput for a bad cursor or limit."""
        limit, before = check_limit(command.limit), _version_of(command.cursor)
        found = await self.templates.versions(
            command.application_id, command.template_id, before=before, limit=limit + 1
        )
        items = tuple(found[:limit])
        return Page(items, encode_cursor(str(items[-1].version)) if len(found) > limit else None)


def _version_of(cursor: str | None) -> int | None:
    """The version that a page ended with."""
    if cursor is None:
        return None
    (text,) = decode_cursor(cursor)
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= MAX_VERSIONS):
        raise InvalidInput("cursor is not one of ours", field="cursor", fix="use next_cursor as it was given")
    return int(text)
