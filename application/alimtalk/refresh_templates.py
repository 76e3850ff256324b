"""Ask the provider how templates stand with Kakao, and mirror what it says."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from application.alimtalk.commands import RefreshTemplatesCommand
from application.alimtalk.desk_credential import DeskCredential
from application.ports.clock import Clock
from application.ports.kakao_templates import KakaoTemplates
from domain.alimtalk.template import KakaoTemplate, TemplateStatus
from domain.shared.errors import NotFound


@attrs.frozen(slots=True)
class Refreshed:
    """What was mirrored."""

    templates: Sequence[KakaoTemplate]
    stopped: int
    """Templates that the provider no longer lists."""


@attrs.frozen(kw_only=True)
class RefreshTemplates:
    templates: KakaoTemplates
    open_desk: DeskCredential
    clock: Clock

    async def __call__(self, command: RefreshTemplatesCommand) -> Refreshed:
        """All of them, or one that was seen before. Raise NotFound for one that was not, or is gone; NotConfigured;
        Unavailable."""
        if command.code is not None:
            return await self._one(command, command.code)
        desk, credential = await self.open_desk(command.application_id, command.provider)
        asked_at = self.clock.now()
        found = await desk.list(credential)
        await self.templates.put(found)
        stopped = await self.templates.stop_others(
            command.application_id, credential.provider, [one.code for one in found], now=asked_at
        )
        return Refreshed(found, stopped)

    async def _one(self, command: RefreshTemplatesCommand, code: str) -> Refreshed:
        known = await self.templates.read(command.application_id, code)
        if known is None:
            raise NotFound("there is no such AlimTalk template in this application")
        desk, credential = await self.open_desk(command.application_id, command.provider or known.provider)
        asked_at = self.clock.now()
        template = await desk.read(credential, code)
        if template is None:
            gone = attrs.evolve(known, status=TemplateStatus.STOPPED, checked_at=asked_at)
            await self.templates.put([gone])
            raise NotFound(f"{credential.provider} no longer has this AlimTalk template")
        await self.templates.put([template])
        return Refreshed((template,), 0)
