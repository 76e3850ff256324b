"""The vault's keys: named 32-byte keys, the current one first.

Written as `id:base64` pairs, separated by commas or white space, in a setting or in a file: `2025b:AAAA…= 2024a:BBBB…=`.
To rotate, put a new key *second* on every node, then make it the first everywhere, then run the rotation, then take
the old key away. Nodes that already know the key can read what others write.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import Final

import attrs

KEY_BYTES: Final = 32
_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")


class KeyringError(ValueError):
    """The vault's keys cannot be used; the message never holds key material."""


@attrs.frozen(slots=True)
class VaultKey:
    id: str
    material: bytes = attrs.field(repr=False)


@attrs.frozen(slots=True)
class Keyring:
    """At least one key; ids are unique."""

    keys: tuple[VaultKey, ...]

    @property
    def current(self) -> VaultKey:
        return self.keys[0]

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Raise KeyringError saying which entry is wrong, by its place."""
        keys: list[VaultKey] = []
        for place, entry in enumerate(re.split(r"[\s,]+", text.strip()), start=1):
            id, colon, encoded = entry.partition(":")
            if not colon or not _ID.fullmatch(id):
                raise KeyringError(f"vault key {place} is not written as id:base64")
            try:
                material = base64.b64decode(
                    encoded, altchars=b"-_" if set("-_") & set(encoded) else None, validate=True
                )
            except (binascii.Error, ValueError):
                raise KeyringError(f"vault key {place} ({id}) is not base64") from None
            if len(material) != KEY_BYTES:
                raise KeyringError(
                    f"vault key {place} ({id}) has {len(material)} bytes instead of {KEY_BYTES}"
                )
            if any(key.id == id for key in keys):
                raise KeyringError(f"vault key {place} ({id}) has an id that was used before")
            keys.append(VaultKey(id, material))
        return cls(tuple(keys))

    @classmethod
    def generate(cls, id: str = "k1") -> Keyring:
        return cls((VaultKey(id, secrets.token_bytes(KEY_BYTES)),))

    def with_new_current(self, id: str) -> Keyring:
        """A new key in front of those there are."""
        return Keyring.parse("\n".join((Keyring.generate(id).text(), self.text())))

    def text(self) -> str:
        """What `parse` reads; secret."""
        return "\n".join(f"{key.id}:{base64.b64encode(key.material).decode()}" for key in self.keys) + "\n"


def load_keyring(setting: str | None, file: Path | None, *, create: bool = False) -> Keyring:
    """The keys from the setting, else from the file; `create` makes a missing file (0600) with one new key.

    Raise KeyringError when there are none or they cannot be used.
    """
    if setting:
        return Keyring.parse(setting)
    if file is None:
        raise KeyringError("no vault keys are configured")
    if create:
        _create(file)
    try:
        return Keyring.parse(file.read_text(encoding="ascii"))
    except FileNotFoundError:
        raise KeyringError(f"the vault's key file {file} does not exist") from None
    except UnicodeDecodeError:
        raise KeyringError(f"the vault's key file {file} is not ASCII text") from None


def save_keyring(keyring: Keyring, file: Path) -> None:
    """Replace the file at once, readable by its owner only."""
    os.replace(_write_beside(keyring, file), file)


def _create(file: Path) -> None:
    """Two processes may start at once: the first file wins, and it appears complete."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = _write_beside(Keyring.generate(), file)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(temporary, file)
    finally:
        temporary.unlink()


def _write_beside(keyring: Keyring, file: Path) -> Path:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        os.fchmod(stream.fileno(), 0o600)
        stream.write(keyring.text())
        stream.flush()
        os.fsync(stream.fileno())
    return Path(name)
