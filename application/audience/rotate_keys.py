"""Seal every token, credential, identity key and operator's code key under the vault's current key, while everything goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

import attrs

from application.audience.commands import RotateKeysCommand
from application.audience.sealing import open_token, seal_token, token_indexes
from application.audience.views import KeysRotated
from application.ports.audience import Audience
from application.ports.credentials import CREDENTIAL_COLUMN, Credentials, SealedCredential
from application.ports.identity_keys import IDENTITY_COLUMN, IdentityKeys, SealedIdentityKey
from application.ports.operators import CODE_COLUMN, INSTALLATION, Operators, SealedCodeKey
from application.ports.subscriptions import TokenToReseal
from application.ports.vault import SealBroken, Sealed, Vault
from application.ports.webhooks import WEBHOOK_COLUMN, SealedWebhookSecret, Webhooks
from domain.audience.registration import SealedToken
from domain.shared.errors import InvalidInput

Progress = Callable[[int, int], None]
"""Called with (done, total) after every batch; total is what there was to do at the start."""

PASSES = 3
"""A token that changed under our hands is looked at again in the next pass."""


@attrs.frozen(kw_only=True)
class RotateKeys:
    """Resumable: what is left is found by its key id. A token that changes meanwhile is never overwritten."""

    audience: Audience
    credentials: Credentials
    identity_keys: IdentityKeys
    operators: Operators
    webhooks: Webhooks
    vault: Vault

    async def __call__(self, command: RotateKeysCommand, progress: Progress | None = None) -> KeysRotated:
        if not 1 <= command.batch_size <= 5_000:
            raise InvalidInput("batch_size is out of range", field="batch_size", fix="use 1 to 5000")
        current = self.vault.key_ids()[0]
        total = await self._left(current)
        report = progress or _say_nothing
        credentials = await self._credentials(current, command.batch_size)
        credentials += await self._identity_keys(current) + await self._code_keys(current)
        credentials += await self._webhook_secrets(current)
        report(credentials, total)
        tokens = conflicts = 0
        for _ in range(PASSES):
            done, conflicts = await self._tokens(
                current, command.batch_size, partial(_report, report, credentials + tokens, total)
            )
            tokens += done
            left = await self._left(current)
            if left == 0 or done == 0:
                break
        return KeysRotated(tokens, credentials, await self._left(current), conflicts)

    async def _left(self, current: str) -> int:
        async with self.audience.begin() as unit:
            tokens = await unit.subscriptions.count_not_under(current)
        keys = len(await self.identity_keys.not_under(current))
        keys += len(await self.operators.code_keys_not_under(current))
        keys += len(await self.webhooks.secrets_not_under(current))
        return tokens + keys + await self.credentials.count_not_under(current)

    async def _credentials(self, current: str, size: int) -> int:
        done = skipped = 0
        seen: set[tuple[UUID, str, int]] = set()
        while batch := await self.credentials.not_under(current, limit=size, offset=skipped):
            for one in batch:
                if self._known(one, seen):
                    skipped += 1
                elif (sealed := self._reseal_credential(one)) is not None:
                    done += await self.credentials.reseal(one, sealed)
        return done

    async def _identity_keys(self, current: str) -> int:
        """A handful per application: one pass."""
        done = 0
        for one in await self.identity_keys.not_under(current):
            if (sealed := self._reseal_identity_key(one)) is not None:
                done += await self.identity_keys.reseal(one, sealed)
        return done

    def _reseal_identity_key(self, one: SealedIdentityKey) -> Sealed | None:
        application_id, row = one.key.application_id, one.key.kid
        try:
            plain = self.vault.open(
                one.sealed, application_id=application_id, row=row, column=IDENTITY_COLUMN
            )
        except SealBroken:
            return None
        return self.vault.seal(plain, application_id=application_id, row=row, column=IDENTITY_COLUMN)

    async def _code_keys(self, current: str) -> int:
        """One an operator: one pass."""
        done = 0
        for one in await self.operators.code_keys_not_under(current):
            if (sealed := self._reseal_code_key(one)) is not None:
                done += await self.operators.reseal_code_key(one, sealed)
        return done

    def _reseal_code_key(self, one: SealedCodeKey) -> Sealed | None:
        row = str(one.id)
        try:
            plain = self.vault.open(one.sealed, application_id=INSTALLATION, row=row, column=CODE_COLUMN)
        except SealBroken:
            return None
        return self.vault.seal(plain, application_id=INSTALLATION, row=row, column=CODE_COLUMN)

    async def _webhook_secrets(self, current: str) -> int:
        """At most twenty an application: one pass."""
        done = 0
        for one in await self.webhooks.secrets_not_under(current):
            if (sealed := self._reseal_webhook_secret(one)) is not None:
                done += await self.webhooks.reseal(one, sealed)
        return done

    def _reseal_webhook_secret(self, one: SealedWebhookSecret) -> Sealed | None:
        application_id, row = one.application_id, str(one.endpoint_id)
        try:
            plain = self.vault.open(one.sealed, application_id=application_id, row=row, column=WEBHOOK_COLUMN)
        except SealBroken:
            return None
        return self.vault.seal(plain, application_id=application_id, row=row, column=WEBHOOK_COLUMN)

    def _known(self, one: SealedCredential, seen: set[tuple[UUID, str, int]]) -> bool:
        """Tried before in vain; each is tried once."""
        name = (one.application_id, one.provider, one.version)
        if name in seen:
            return True
        seen.add(name)
        return False

    def _reseal_credential(self, one: SealedCredential) -> Sealed | None:
        application_id, row = one.application_id, one.provider
        try:
            plain = self.vault.open(
                one.sealed, application_id=application_id, row=row, column=CREDENTIAL_COLUMN
            )
        except SealBroken:
            return None
        return self.vault.seal(plain, application_id=application_id, row=row, column=CREDENTIAL_COLUMN)

    async def _tokens(self, current: str, size: int, report: Callable[[int], None]) -> tuple[int, int]:
        """One pass over all tokens, in the order of their ids; (replaced, conflicts)."""
        done = conflicts = 0
        after = None
        while True:
            async with self.audience.begin() as unit:
                batch = await unit.subscriptions.not_under(current, after=after, limit=size)
            if not batch:
                return done, conflicts
            after = batch[-1].subscription_id
            resealed = [(one, token) for one in batch if (token := self._reseal(one)) is not None]
            async with self.audience.begin() as unit:
                result = await unit.subscriptions.reseal(resealed)
            done += result.done
            conflicts += result.conflicts
            report(done)

    def _reseal(self, one: TokenToReseal) -> SealedToken | None:
        try:
            plain = open_token(self.vault, one.application_id, one.subscription_id, one.token)
        except SealBroken:
            return None
        indexes = token_indexes(self.vault, one.application_id, plain)
        return seal_token(self.vault, one.application_id, one.subscription_id, plain, indexes)


def _report(report: Progress, before: int, total: int, done: int) -> None:
    report(before + done, total)


def _say_nothing(done: int, total: int) -> None:
    return
