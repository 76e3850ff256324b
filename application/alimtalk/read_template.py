"""Read one AlimTalk template as it was last seen."""

from __future__ import annotations

import attrs

from application.alimtalk.commands import ReadTemplateCommand
from application.ports.kakao_templates import KakaoTemplates
from domain.alimtalk.template import KakaoTemplate
from domain.shared.errors import NotFound


@attrs.frozen(kw_only=True)
class ReadTemplate:
    templates: KakaoTemplates

    async def __call__(self, command: ReadTemplateCommand) -> KakaoTemplate:
        """Raise NotFound."""
        found = await self.templates.read(command.application_id, command.code)
        if found is None:
            raise NotFound("there is no such AlimTalk template in this application")
        return found
