"""The keys that links to exports are signed with, derived from the vault's keys: they rotate with them."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.crypto.keyring import Keyring
from domain.reports.download_links import DownloadKeys


def download_keys(keyring: Keyring) -> DownloadKeys:
    """The current key signs, all of them are read; a link dies with the key that signed it."""
    return DownloadKeys(
        [
            HKDF(algorithm=SHA256(), length=32, salt=None, info=b"automata-signal exports").derive(
                key.material
            )
            for key in keyring.keys
        ]
    )
