"""Where AlimTalk templates are kept, and the providers that register them with Kakao."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from application.ports.channels import Credential
from application.ports.template_mirror import TemplateMirror
from domain.alimtalk.template import KakaoTemplate, TemplateStatus, Wording


@attrs.frozen(slots=True)
class TemplateDraft:
    """A template to be handed in for review."""

    name: str
    wording: Wording
    category: str = ""
    code: str = ""
    """Where the provider wants the application to choose it; empty where it makes one itself."""


class KakaoTemplates(TemplateMirror, Protocol):
    """The mirror, and what people ask of it."""

    async def list(
        self,
        application_id: UUID,
        *,
        status: TemplateStatus | None,
        after: tuple[str, str] | None,
        limit: int,
    ) -> Sequence[KakaoTemplate]:
        """In order of code and provider, those after this pair."""
        ...

    async def read(self, application_id: UUID, code: str) -> KakaoTemplate | None:
        """The one that was checked last, should two providers have the same code."""
        ...

    async def stop_others(
        self, application_id: UUID, provider: str, seen: Sequence[str], *, now: datetime
    ) -> int:
        """Templates that the provider no longer lists are stopped; answer how many."""
        ...

    async def due(self, before: datetime, *, limit: int) -> Sequence[tuple[UUID, str]]:
        """Applications and providers whose oldest template was last checked before then, longest ago first."""
        ...


class TemplateDesk(Protocol):
    """One provider's templates. Raise Unavailable when it cannot be asked now, InvalidInput with its own words when it
    says no, NotConfigured when the credential lacks the KakaoTalk channel."""

    async def register(self, credential: Credential, draft: TemplateDraft) -> KakaoTemplate:
        """Hand a template in for review."""
        ...

    async def read(self, credential: Credential, code: str) -> KakaoTemplate | None: ...

    async def list(self, credential: Credential) -> Sequence[KakaoTemplate]: ...

    async def close(self) -> None: ...


TemplateDesks = Mapping[str, TemplateDesk]
"""By provider."""
