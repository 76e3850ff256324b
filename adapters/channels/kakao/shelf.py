"""The templates that messages are checked against: remembered for a minute, mirrored, and asked for where unknown.

An approved template is taken from the mirror. The provider is asked about others, which may be approved any minute, and
about one that it says is not what we think; never for every message.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

import attrs
import structlog

from adapters.channels.frame.recent import Recent
from application.ports.template_mirror import TemplateMirror
from domain.alimtalk.template import KakaoTemplate
from domain.shared.errors import SignalError

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

KEPT: Final = 10_000
APPROVED_FOR: Final = 60.0
OTHERS_FOR: Final = 15.0
"""Seconds until a template is looked at again."""

Ask = Callable[[str], Awaitable[KakaoTemplate | None]]
"""Asks the provider for one template; raises SignalError when it cannot be asked."""


@attrs.define(slots=True)
class _Place:
    until: float = float("-inf")
    template: KakaoTemplate | None = None
    known: bool = False
    """Whether somebody said so: None is an answer, too."""
    doubtful: bool = False
    """The provider says that it is another now: the mirror is not to be believed."""


class TemplateShelf:
    """The templates that this process sent lately."""

    def __init__(
        self, provider: str, mirror: TemplateMirror | None, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._provider = provider
        self._mirror = mirror
        self._now = now
        self._places: Recent[tuple[UUID, str], _Place] = Recent(KEPT)

    async def take(
        self, application_id: UUID, codes: Sequence[str], ask: Ask
    ) -> Mapping[str, KakaoTemplate | None]:
        """Each code's template, or None for one that the provider does not have.

        A code is left out when nobody could be asked about it.
        """
        places = {code: self._places.get((application_id, code), _Place) for code in codes}
        now = self._now()
        missing = [code for code, place in places.items() if place.until <= now]
        if missing:
            mirrored = await self._mirrored(application_id, missing)
            for code in missing:
                await self._refresh(places[code], code, mirrored.get(code), ask)
        return {code: place.template for code, place in places.items() if place.known}

    def doubt(self, application_id: UUID, code: str) -> None:
        """The provider says that the template is another now: ask it before the next message."""
        place = self._places.get((application_id, code), _Place)
        place.until, place.doubtful = float("-inf"), True

    async def _refresh(self, place: _Place, code: str, mirrored: KakaoTemplate | None, ask: Ask) -> None:
        template, known = mirrored, mirrored is not None
        if mirrored is None or not mirrored.is_sendable or place.doubtful:
            try:
                template, known = await ask(code), True
            except SignalError as error:
                _log.warning("kakao_template_not_read", code=code, error=error.code)
            else:
                place.doubtful = False
                if template is not None:
                    await self._remember(template)
        if known:
            place.template, place.known = template, True
        sendable = template is not None and template.is_sendable
        place.until = self._now() + (APPROVED_FOR if sendable else OTHERS_FOR)

    async def _mirrored(self, application_id: UUID, codes: Sequence[str]) -> Mapping[str, KakaoTemplate]:
        if self._mirror is None:
            return {}
        try:
            return await self._mirror.find(application_id, self._provider, codes)
        except SignalError as error:
            _log.warning("kakao_templates_not_found", error=error.code)
            return {}

    async def _remember(self, template: KakaoTemplate) -> None:
        if self._mirror is None:
            return
        try:
            await self._mirror.put([template])
        except SignalError as error:
            _log.warning("kakao_template_not_kept", error=error.code)
