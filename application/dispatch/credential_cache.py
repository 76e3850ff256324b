"""Credentials for sending: opened from the vault once, then remembered for a few seconds."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from uuid import UUID

from application.ports.channels import Credential
from application.ports.credentials import CREDENTIAL_COLUMN, Credentials
from application.ports.provider_directory import ProviderDirectory
from application.ports.vault import SealBroken, Vault
from domain.shared.channels import SubscriptionType

log = logging.getLogger(__name__)

REMEMBERED_SECONDS = 3.0
REMEMBERED_AT_MOST = 10_000


class CredentialCache:
    """Implements `application.ports.credentials_source.CredentialSource` over the sealed credentials."""

    def __init__(self, credentials: Credentials, vault: Vault, providers: ProviderDirectory) -> None:
        self._credentials = credentials
        self._vault = vault
        self._providers = providers
        self._latest: dict[tuple[UUID, Sequence[str]], tuple[float, str | None]] = {}
        self._remembered: dict[tuple[UUID, str], tuple[float, Credential | None]] = {}

    async def current(self, application_id: UUID, provider: str) -> Credential | None:
        """None when there is none, or when it cannot be opened (logged). Raise Unavailable when storage is away."""
        key = (application_id, provider)
        remembered = self._remembered.get(key)
        if remembered is not None and remembered[0] > time.monotonic():
            return remembered[1]
        credential = await self._open(application_id, provider)
        if len(self._remembered) >= REMEMBERED_AT_MOST:
            self._remembered.clear()
        self._remembered[key] = (time.monotonic() + REMEMBERED_SECONDS, credential)
        return credential

    async def for_type(
        self, application_id: UUID, type: SubscriptionType, choices: Mapping[str, str]
    ) -> Credential | None:
        """The chosen provider's, without a choice the one stored last. Raise Unavailable when storage is away."""
        serving = self._providers.serving(type)
        provider = choices.get(type.channel.wire) if choices else None
        if provider is None:
            provider = serving[0] if len(serving) == 1 else await self._stored_last(application_id, serving)
        if provider is None or provider not in serving:
            return None
        if self._providers.capabilities(type, provider).own_inbox:
            return Credential(application_id, provider, 0, {})
        return await self.current(application_id, provider)

    async def _stored_last(self, application_id: UUID, serving: Sequence[str]) -> str | None:
        key = (application_id, serving)
        remembered = self._latest.get(key)
        if remembered is not None and remembered[0] > time.monotonic():
            return remembered[1]
        stored = [one for one in await self._credentials.list(application_id) if one.provider in serving]
        latest = max(stored, key=lambda one: (one.created_at, one.provider), default=None)
        provider = None if latest is None else latest.provider
        if len(self._latest) >= REMEMBERED_AT_MOST:
            self._latest.clear()
        self._latest[key] = (time.monotonic() + REMEMBERED_SECONDS, provider)
        return provider

    async def _open(self, application_id: UUID, provider: str) -> Credential | None:
        stored = await self._credentials.current(application_id, provider)
        if stored is None:
            return None
        try:
            text = self._vault.open(
                stored.sealed, application_id=application_id, row=provider, column=CREDENTIAL_COLUMN
            )
        except SealBroken:
            log.error("the %s credential of application %s cannot be opened", provider, application_id)
            return None
        return Credential(application_id, provider, stored.version, json.loads(text))
