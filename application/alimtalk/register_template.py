"""Hand an AlimTalk template in for Kakao's review: checked here first, because a review takes two working days."""

from __future__ import annotations

import attrs

from application.alimtalk.commands import RegisterTemplateCommand
from application.alimtalk.desk_credential import DeskCredential
from application.ports.kakao_templates import KakaoTemplates
from domain.alimtalk.template import KakaoTemplate, check_code, check_wording
from domain.shared.json_values import check_line


@attrs.frozen(kw_only=True)
class RegisterTemplate:
    templates: KakaoTemplates
    open_desk: DeskCredential

    async def __call__(self, command: RegisterTemplateCommand) -> KakaoTemplate:
        """Raise InvalidInput naming the field, or in the provider's words; NotConfigured; Unavailable."""
        draft = command.draft
        check_line(draft.name, field="name", longest=150)
        check_line(draft.category, field="category", longest=20, shortest=0)
        if draft.code:
            check_code(draft.code, field="code")
        check_wording(draft.wording)
        desk, credential = await self.open_desk(command.application_id, command.provider)
        template = await desk.register(credential, draft)
        await self.templates.put([template])
        return template
