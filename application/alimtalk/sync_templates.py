"""Keep the mirror of AlimTalk templates true: a step of the scheduler, a few accounts at a time."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

import attrs

from application.alimtalk.commands import RefreshTemplatesCommand
from application.alimtalk.refresh_templates import RefreshTemplates
from application.ports.clock import Clock
from application.ports.kakao_templates import KakaoTemplates
from domain.shared.errors import NotConfigured, NotFound, SignalError, Unavailable

log = logging.getLogger(__name__)

EVERY: Final = timedelta(minutes=10)
AT_ONCE: Final = 20


@attrs.frozen(kw_only=True)
class SyncTemplates:
    """`await sync()` refreshes whoever is due and answers how many accounts were refreshed."""

    templates: KakaoTemplates
    refresh: RefreshTemplates
    clock: Clock

    async def __call__(self) -> int:
        """Raise Unavailable when storage is away; a provider that is away, or whose credential is gone, is left for
        its next turn."""
        now = self.clock.now()
        done = 0
        for application_id, provider in await self.templates.due(now - EVERY, limit=AT_ONCE):
            command = RefreshTemplatesCommand(application_id=application_id, provider=provider)
            try:
                await self.refresh(command)
            except (NotConfigured, NotFound):
                # Nobody sends there any more: what is mirrored is not to be trusted.
                await self.templates.stop_others(application_id, provider, [], now=now)
            except Unavailable as error:
                log.warning("the AlimTalk templates at %s could not be read: %s", provider, error)
            except SignalError as error:
                log.error("the AlimTalk templates at %s could not be read: %s", provider, error)
            else:
                done += 1
        return done
