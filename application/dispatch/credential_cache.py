"""Credentials for sending: opened from the vault once, then remembered for a few seconds."""

from __future__ import annotations

import json
import logging
import time
from uuid import UUID

from application.ports.channels import Credential
from application.ports.credentials import CREDENTIAL_COLUMN, Credentials
from application.ports.vault import SealBroken, Vault

log = logging.getLogger(__name__)

REMEMBERED_SECONDS = 3.0
REMEMBERED_AT_MOST = 10_000


class CredentialCache:
    """Implements `application.ports.credentials_source.CredentialSource` over the sealed credentials."""

    def __init__(self, credentials: Credentials, vault: Vault) -> None:
        self._credentials = credentials
        self._vault = vault
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
