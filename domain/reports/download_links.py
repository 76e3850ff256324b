"""Links to a ready file: good for one export and an hour, for whoever has them.

The signature is HMAC-SHA-256 over the export's id and the moment at which the link ends, under a key of the installation's.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import attrs


@attrs.frozen(slots=True)
class DownloadLink:
    """What stands in the link's query."""

    expires: int
    """Seconds since the epoch."""
    signature: str
    """64 hexadecimal digits."""


class DownloadKeys:
    """The installation's secrets, current first: signs with the first, reads what any of them signed."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Sequence[bytes]) -> None:
        """At least one; each of 32 bytes."""
        if not keys:
            raise ValueError("there is no key to sign links with")
        self._keys = tuple(keys)

    def __repr__(self) -> str:
        return f"DownloadKeys({len(self._keys)})"

    def sign(self, export_id: UUID, until: datetime) -> DownloadLink:
        expires = int(until.timestamp())
        return DownloadLink(expires, _signature(self._keys[0], export_id, expires))

    def holds(self, export_id: UUID, link: DownloadLink, now: datetime) -> bool:
        """Whether it was signed for this export and has not ended."""
        signed = any(
            hmac.compare_digest(_signature(key, export_id, link.expires), link.signature)
            for key in self._keys
        )
        return signed and now.timestamp() < link.expires


def _signature(key: bytes, export_id: UUID, expires: int) -> str:
    return hmac.digest(key, export_id.bytes + expires.to_bytes(8, "big"), "sha256").hex()
