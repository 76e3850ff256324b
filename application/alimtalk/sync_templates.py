"""Keep the mirror of AlimTalk templates true: a step of the scheduler, a few accounts at a time."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

import attrs

from application.alimtalk.commands import RefreshTemplatesCommand
from application.alimtalk.refresh_templates import RefreshTemplates
from application.ports.clock import Clock
from application.ports.kakao_templates import KakaoTemplates
from application.steps import each_of
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
        due = await self.templates.due(self.clock.now() - EVERY, limit=AT_ONCE)
        return await each_of({f"application {one[0]} at {one[1]}": one for one in due}, self._sync)

    async def _sync(self, account: tuple[UUID, str]) -> int:
        application_id, provider = account
        try:
            await self.refresh(RefreshTemplatesCommand(application_id=application_id, provider=provider))
        except (NotConfigured, NotFound):
            # Nobody sends there any more: what is mirrored is not to be trusted.
            await self.templates.stop_others(application_id, provider, [], now=self.clock.now())
        except Unavailable as error:
            log.warning("the AlimTalk templates at %s could not be read: %s", provider, error)
        except SignalError as error:
            log.error("the AlimTalk templates at %s could not be read: %s", provider, error)
        else:
            return 1
        return 0
