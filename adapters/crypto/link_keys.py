"""The keys that links in messages are signed with, derived from the vault's keys: they rotate with them."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.crypto.keyring import Keyring
from domain.messaging.links import LinkKeys


def link_keys(keyring: Keyring) -> LinkKeys:
    """The current key signs, all of them are read; a link dies with the key that signed it."""
    return LinkKeys(
        [
            HKDF(algorithm=SHA256(), length=32, salt=None, info=b"automata-signal links").derive(key.material)
            for key in keyring.keys
        ]
    )
