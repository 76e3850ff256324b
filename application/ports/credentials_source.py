"""Credentials for sending, opened from the vault and cached for a few seconds."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from application.ports.channels import Credential


class CredentialSource(Protocol):
    async def current(self, application_id: UUID, provider: str) -> Credential | None: ...
