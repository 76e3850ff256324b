"""A message's variables at rest: the snapshot taken when it was accepted, sealed, its key named in front."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from application.ports.vault import SealBroken, Sealed, Vault
from domain.shared.json_values import Json

COLUMN: Final = "variables"


class SealedVariables:
    """What `message.variables` holds: a length byte, the key's id, the ciphertext of compact JSON."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def seal(self, application_id: UUID, message_id: UUID, variables: Mapping[str, Json]) -> bytes:
        """Bound to the application and the message: moved elsewhere it does not open."""
        text = json.dumps(variables, ensure_ascii=False, separators=(",", ":"))
        sealed = self._vault.seal(text, application_id=application_id, row=str(message_id), column=COLUMN)
        key_id = sealed.key_id.encode()
        return bytes((len(key_id),)) + key_id + sealed.ciphertext

    def open(self, application_id: UUID, message_id: UUID, kept: bytes) -> dict[str, Json]:
        """Raise SealBroken when it was moved, altered or its key is unknown."""
        end = 1 + kept[0] if kept else 0
        if not 1 < end < len(kept):
            raise SealBroken("the variables have an unknown form")
        sealed = Sealed(kept[end:], kept[1:end].decode("ascii", "replace"))
        text = self._vault.open(sealed, application_id=application_id, row=str(message_id), column=COLUMN)
        found: dict[str, Json] = json.loads(text)
        return found
