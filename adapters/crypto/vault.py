"""AES-256-GCM for secrets at rest, and HMAC-SHA-256 for finding them by value.

Of each key two are derived (HKDF-SHA-256), one to seal, one for the blind index, so that neither use weakens the
other. A ciphertext is a version byte, a random 96-bit nonce (NIST SP 800-38D, 8.2.2: up to 2^32 of them a key), the
sealed text and its tag. The associated data names the place, so a ciphertext that was moved does not open.
"""

from __future__ import annotations

import hmac
import os
from functools import lru_cache
from typing import Final
from uuid import UUID

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.crypto.keyring import Keyring, VaultKey
from application.ports.vault import SealBroken, Sealed

FORMAT: Final = b"\x01"
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16


@attrs.frozen(slots=True)
class _Keys:
    cipher: AESGCM = attrs.field(repr=False)
    index: bytes = attrs.field(repr=False)


class AesGcmVault:
    """Implements `application.ports.vault.Vault`."""

    def __init__(self, keyring: Keyring) -> None:
        self._current = keyring.current.id
        self._ids = tuple(key.id for key in keyring.keys)
        self._keys = {key.id: _derive(key) for key in keyring.keys}

    def __repr__(self) -> str:
        return f"AesGcmVault(keys={self._ids})"

    def seal(self, plaintext: str, *, application_id: UUID, row: str, column: str) -> Sealed:
        nonce = os.urandom(NONCE_BYTES)
        key_id = self._current
        place = _place(application_id, row, column, key_id)
        sealed = self._keys[key_id].cipher.encrypt(nonce, plaintext.encode(), place)
        return Sealed(FORMAT + nonce + sealed, key_id)

    def open(self, sealed: Sealed, *, application_id: UUID, row: str, column: str) -> str:
        keys = self._keys.get(sealed.key_id)
        if keys is None:
            raise SealBroken(f"the key {sealed.key_id} is not at hand")
        ciphertext = bytes(sealed.ciphertext)
        if ciphertext[:1] != FORMAT or len(ciphertext) < 1 + NONCE_BYTES + TAG_BYTES:
            raise SealBroken("the ciphertext has an unknown form")
        nonce, body = ciphertext[1 : 1 + NONCE_BYTES], ciphertext[1 + NONCE_BYTES :]
        try:
            return keys.cipher.decrypt(
                nonce, body, _place(application_id, row, column, sealed.key_id)
            ).decode()
        except InvalidTag:
            raise SealBroken("the ciphertext was altered or moved") from None

    def blind_index(
        self, value: str, *, application_id: UUID, key_id: str | None = None
    ) -> tuple[bytes, str]:
        """Raise SealBroken for a key that is not at hand."""
        name = key_id or self._current
        keys = self._keys.get(name)
        if keys is None:
            raise SealBroken(f"the key {name} is not at hand")
        return hmac.digest(keys.index, application_id.bytes + value.encode(), "sha256"), name

    def key_ids(self) -> tuple[str, ...]:
        return self._ids


def _derive(key: VaultKey) -> _Keys:
    def derived(purpose: bytes) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"automata-signal " + purpose).derive(
            key.material
        )

    return _Keys(AESGCM(derived(b"seal")), derived(b"blind index"))


def _place(application_id: UUID, row: str, column: str, key_id: str) -> bytes:
    """Unambiguous: the application has sixteen bytes, every text is preceded by its length."""
    return application_id.bytes + _framed(row) + _framed_again(column) + _framed_again(key_id)


def _framed(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


_framed_again = lru_cache(maxsize=256)(_framed)
"""Columns and key ids are few; rows are not."""
