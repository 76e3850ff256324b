"""What callers ask of AlimTalk templates."""

from __future__ import annotations

from uuid import UUID

import attrs

from application.ports.kakao_templates import TemplateDraft
from domain.alimtalk.template import TemplateStatus
from domain.messaging.content import Body
from domain.shared.page import DEFAULT_LIMIT


@attrs.frozen(slots=True, kw_only=True)
class RegisterTemplateCommand:
    """Hand a template in; without a provider to the one that sends for the application."""

    application_id: UUID
    draft: TemplateDraft
    provider: str | None = None


@attrs.frozen(slots=True, kw_only=True)
class ListTemplatesCommand:
    application_id: UUID
    status: TemplateStatus | None = None
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@attrs.frozen(slots=True, kw_only=True)
class ReadTemplateCommand:
    application_id: UUID
    code: str


@attrs.frozen(slots=True, kw_only=True)
class RefreshTemplatesCommand:
    """Ask the provider for all templates, or for one."""

    application_id: UUID
    code: str | None = None
    provider: str | None = None


@attrs.frozen(slots=True, kw_only=True)
class PreviewAlimTalkCommand:
    application_id: UUID
    content: Body
