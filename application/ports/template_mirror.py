"""AlimTalk templates as they were last seen, for whoever is about to send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from domain.alimtalk.template import KakaoTemplate


class TemplateMirror(Protocol):
    async def find(
        self, application_id: UUID, provider: str, codes: Sequence[str]
    ) -> Mapping[str, KakaoTemplate]:
        """By code; a code that was never seen is left out."""
        ...

    async def put(self, templates: Sequence[KakaoTemplate]) -> None:
        """Remember these as they are now; what is stored and was checked later stays."""
        ...
