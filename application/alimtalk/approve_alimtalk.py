"""Whether an AlimTalk may be accepted: asked for every message of the channel, so templates are known for seconds.

Only what is certain refuses: a provider that cannot be asked, or an application without a credential there, stops nobody from
accepting; the worker looks at every message again before it sends.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import attrs

from application.alimtalk.check_alimtalk import CheckAlimTalk, examine
from application.ports.clock import Clock
from domain.alimtalk.template import KakaoTemplate, is_code
from domain.messaging.content import Body
from domain.shared.errors import ContentTooLarge, InvalidInput, SignalError

log = logging.getLogger(__name__)

REMEMBER: Final = timedelta(seconds=3)
"""As applications and installs are (docs/decisions/0022)."""
LONGEST_ASKING: Final = 3.0
"""Seconds that accepting waits for a provider."""
MAX_ENTRIES: Final = 1_000
Key = tuple[UUID, str]


@attrs.frozen(slots=True)
class Known:
    """A template as it was found; None: the provider has none of this code."""

    template: KakaoTemplate | None
    asked_at: datetime
    """When the provider said so."""


class ApproveAlimTalk:
    """Implements `application.ports.content_approval.ContentApproval` for KakaoTalk."""

    def __init__(self, check: CheckAlimTalk, clock: Clock) -> None:
        self._check = check
        self._clock = clock
        self._known: OrderedDict[Key, tuple[Known | None, datetime]] = OrderedDict()
        self._asking: dict[Key, asyncio.Task[Known | None]] = {}

    async def __call__(self, application_id: UUID, content: Body, *, field: str, final: bool) -> None:
        code = content.get("template_code")
        if not isinstance(code, str) or not is_code(code):
            return  # refused already, or not known before it is rendered
        known = await self._template(application_id, code)
        if known is None:
            return
        try:
            examine(known.template, code, content, field=field, final=final)
        except (InvalidInput, ContentTooLarge):
            if not self._check.is_old(known.asked_at):
                raise
            # It may have been approved, or changed, since the mirror was last held up to it.
            asked = await self._template(application_id, code, anew=True)
            if asked is not None:
                examine(asked.template, code, content, field=field, final=final)

    async def _template(self, application_id: UUID, code: str, *, anew: bool = False) -> Known | None:
        """None: it could not be found out."""
        key, now = (application_id, code), self._clock.now()
        known = self._known.get(key)
        if not anew and known is not None and known[1] <= now < known[1] + REMEMBER:
            return known[0]
        asking = self._asking.get(key)
        if asking is None:
            # One look-up for all who ask meanwhile.
            asking = self._asking[key] = asyncio.create_task(self._ask(key, now, anew))
            asking.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(asking)

    async def _ask(self, key: Key, now: datetime, anew: bool) -> Known | None:
        found: Known | None = None
        try:
            async with asyncio.timeout(LONGEST_ASKING):
                template = await self._check.template(*key, anew=anew)
            found = Known(template, now if template is None else template.checked_at or now)
        except (SignalError, TimeoutError) as error:
            log.warning("AlimTalk template %s could not be looked at: %s", key[1], type(error).__name__)
        self._known[key] = (found, now)
        self._known.move_to_end(key)
        while len(self._known) > MAX_ENTRIES:
            self._known.popitem(last=False)
        return found
