"""Credentials for sending, opened from the vault and cached for a few seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from application.ports.channels import Credential
from domain.shared.channels import SubscriptionType


class CredentialSource(Protocol):
    async def current(self, application_id: UUID, provider: str) -> Credential | None: ...

    async def for_type(
        self, application_id: UUID, type: SubscriptionType, choices: Mapping[str, str]
    ) -> Credential | None:
        """Of the providers that serve a type the chosen one's credential (`choices` is the application's setting, by
        channel), without a choice the one stored last; None when it has none."""
        ...
