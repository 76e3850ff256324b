"""Which provider an application's AlimTalk goes through, and with which credential its templates are asked for."""

from __future__ import annotations

from uuid import UUID

import attrs

from application.ports.applications import Applications
from application.ports.channels import Credential
from application.ports.credentials_source import CredentialSource
from application.ports.kakao_templates import TemplateDesk, TemplateDesks
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput, NotConfigured


@attrs.frozen(kw_only=True)
class DeskCredential:
    """`await open(application_id, provider)` answers the provider's desk and the application's credential there."""

    applications: Applications
    credentials: CredentialSource
    desks: TemplateDesks

    async def __call__(self, application_id: UUID, provider: str | None) -> tuple[TemplateDesk, Credential]:
        """Without a provider the one that sends. Raise NotFound without such an application, InvalidInput for a
        provider that registers no templates, NotConfigured without its credential."""
        application = await self.applications.get(application_id)
        if provider is None:
            choices = application.settings.providers
            found = await self.credentials.for_type(application_id, SubscriptionType.KAKAO_TALK, choices)
        elif provider in self.desks:
            found = await self.credentials.current(application_id, provider)
        else:
            raise InvalidInput(
                f"{provider!r} registers no AlimTalk templates",
                field="provider",
                fix=f"use one of {', '.join(sorted(self.desks))}",
            )
        desk = None if found is None else self.desks.get(found.provider)
        if found is None or desk is None:
            raise NotConfigured(
                "the application has no credential for AlimTalk",
                field="provider",
                fix=f"store a credential of {' or '.join(sorted(self.desks))}",
            )
        return desk, found
