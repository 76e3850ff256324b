"""List an application's AlimTalk templates as they were last seen, in order of code."""

from __future__ import annotations

import attrs

from application.alimtalk.commands import ListTemplatesCommand
from application.ports.applications import Applications
from application.ports.kakao_templates import KakaoTemplates
from domain.alimtalk.template import KakaoTemplate
from domain.shared.page import Page, check_limit, decode_cursor, encode_cursor


@attrs.frozen(kw_only=True)
class ListTemplates:
    applications: Applications
    templates: KakaoTemplates

    async def __call__(self, command: ListTemplatesCommand) -> Page[KakaoTemplate]:
        """Raise NotFound without such an application, InvalidInput for a bad cursor or limit."""
        await self.applications.get(command.application_id)
        limit = check_limit(command.limit)
        after = None
        if command.cursor is not None:
            code, provider = decode_cursor(command.cursor, 2)
            after = (code, provider)
        found = await self.templates.list(
            command.application_id, status=command.status, after=after, limit=limit + 1
        )
        items = tuple(found[:limit])
        last = items[-1] if len(found) > limit else None
        return Page(items, None if last is None else encode_cursor(last.code, last.provider))
