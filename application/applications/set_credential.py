"""Store a provider's credentials for an application: checked by the channel, then sealed."""

from __future__ import annotations

import json

import attrs

from application.applications.commands import SetCredentialCommand
from application.ports.clock import Clock
from application.ports.credentials import CREDENTIAL_COLUMN, Credentials
from application.ports.provider_directory import ProviderDirectory
from application.ports.vault import Vault
from domain.applications.channel_state import CredentialSummary
from domain.shared.errors import InvalidInput


@attrs.frozen(kw_only=True)
class SetCredential:
    credentials: Credentials
    providers: ProviderDirectory
    vault: Vault
    clock: Clock

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
