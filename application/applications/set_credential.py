"""Store a provider's credentials for an application: checked by the channel, then sealed."""

from __future__ import annotations

import json

import attrs

from application.applications.commands import SetCredentialCommand
from application.ports.channels import CredentialCheck
from application.ports.clock import Clock
from application.ports.credentials import CREDENTIAL_COLUMN, Credentials
from application.ports.delivery_reports import CALLBACK_TOKEN, callback_path
from application.ports.identifiers import Randomness
from application.ports.provider_directory import ProviderDirectory
from application.ports.vault import SealBroken, Vault
from domain.applications.channel_state import CredentialSummary
from domain.shared.errors import InvalidInput

CALLBACK_TOKEN_BYTES = 24


@attrs.frozen(kw_only=True)
class SetCredential:
    credentials: Credentials
    providers: ProviderDirectory
    vault: Vault
    clock: Clock
    randomness: Randomness

    async def __call__(self, command: SetCredentialCommand) -> CredentialSummary:
        """Raise InvalidInput naming the field when they cannot work, NotFound without such an application.

        A pause that an earlier version of these credentials caused is lifted.
        """
        provider = self.providers.named(command.provider)
        if provider is None:
            raise InvalidInput(
                f"{command.provider!r} is not a provider",
                field="provider",
                fix=f"use one of {', '.join(self.providers.names)}",
            )
        checked = await provider.check_credential(command.fields)
        if provider.capabilities.callbacks:
            checked = await self._with_callback(command, checked)
        sealed = self.vault.seal(
            json.dumps(dict(checked.fields), ensure_ascii=False),
            application_id=command.application_id,
            row=command.provider,
            column=CREDENTIAL_COLUMN,
        )
        return await self.credentials.put(
            command.application_id,
            command.provider,
            sealed,
            summary=dict(checked.summary),
            types=self.providers.types_of(command.provider),
            now=self.clock.now(),
        )

    async def _with_callback(
        self, command: SetCredentialCommand, checked: CredentialCheck
    ) -> CredentialCheck:
        """With the secret part of the callback's address, which stays the same for as long as there is a credential:
        it was typed into the provider's console."""
        token = await self._callback_token(command) or self.randomness.secret(CALLBACK_TOKEN_BYTES)
        path = callback_path(command.provider, command.application_id, token)
        return CredentialCheck(
            fields={**checked.fields, CALLBACK_TOKEN: token},
            summary={**checked.summary, "callback_path": path},
        )

    async def _callback_token(self, command: SetCredentialCommand) -> str | None:
        stored = await self.credentials.current(command.application_id, command.provider)
        if stored is None:
            return None
        try:
            text = self.vault.open(
                stored.sealed,
                application_id=command.application_id,
                row=command.provider,
                column=CREDENTIAL_COLUMN,
            )
        except SealBroken:
            return None
        token = json.loads(text).get(CALLBACK_TOKEN)
        return token if isinstance(token, str) else None
