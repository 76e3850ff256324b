"""Tokens into and out of the vault: sealed for one subscription, found again by blind index."""

from __future__ import annotations

from uuid import UUID

import attrs

from application.ports.subscriptions import TOKEN_COLUMN
from application.ports.vault import Sealed, Vault
from domain.audience.registration import SealedToken


@attrs.frozen(slots=True)
class TokenIndexes:
    """A token's blind indexes: the current key's, and all that an equal stored token may carry."""

    current: bytes = attrs.field(repr=False)
    key_id: str
    all: tuple[bytes, ...] = attrs.field(repr=False)

    def matches(self, token: SealedToken | None) -> bool:
        return token is not None and token.index in self.all


def token_indexes(vault: Vault, application_id: UUID, text: str) -> TokenIndexes:
    """During a rotation a token may still be indexed under an older key: look it up under all of them."""
    found = [vault.blind_index(text, application_id=application_id, key_id=key) for key in vault.key_ids()]
    current, key_id = found[0]
    return TokenIndexes(current, key_id, tuple(index for index, _ in found))


def seal_token(
    vault: Vault, application_id: UUID, subscription_id: UUID, text: str, indexes: TokenIndexes
) -> SealedToken:
    """Seal under the current key, bound to the application and the subscription."""
    sealed = vault.seal(text, application_id=application_id, row=str(subscription_id), column=TOKEN_COLUMN)
    return SealedToken(sealed.ciphertext, sealed.key_id, indexes.current, indexes.key_id)


def open_token(vault: Vault, application_id: UUID, subscription_id: UUID, token: SealedToken) -> str:
    """Raise SealBroken when it was moved or altered, or its key is not at hand."""
    return vault.open(
        Sealed(token.ciphertext, token.key_id),
        application_id=application_id,
        row=str(subscription_id),
        column=TOKEN_COLUMN,
    )
