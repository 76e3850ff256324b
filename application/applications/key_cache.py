"""Remembers for a few seconds whose key a secret opened, so that a busy caller costs no query a request.

What is revoked in this process is forgotten at once; other processes follow when their few seconds are over.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

import attrs

from domain.applications.principal import Principal

REMEMBER: Final = timedelta(seconds=3)
MAX_ENTRIES: Final = 10_000


@attrs.frozen(slots=True)
class _Entry:
    principal: Principal
    until: datetime


class KeyCache:
    """Bounded; holds a hash of the key, never the key."""

    def __init__(self, *, remember: timedelta = REMEMBER) -> None:
        self._remember = remember
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()

    def get(self, plain: str, now: datetime) -> Principal | None:
        name = _name(plain)
        entry = self._entries.get(name)
        if entry is None:
            return None
        if not entry.until - self._remember <= now < entry.until:
            del self._entries[name]
            return None
        return entry.principal

    def put(self, plain: str, principal: Principal, now: datetime, expires_at: datetime | None) -> None:
        """Never remembered beyond the key's own expiry."""
        until = now + self._remember
        self._entries[_name(plain)] = _Entry(principal, min(until, expires_at or until))
        while len(self._entries) > MAX_ENTRIES:
            self._entries.popitem(last=False)

    def forget(self, key_id: str) -> None:
        for name in [name for name, entry in self._entries.items() if entry.principal.key_id == key_id]:
            del self._entries[name]

    def clear(self) -> None:
        self._entries.clear()


def _name(plain: str) -> bytes:
    return hashlib.sha256(plain.encode("utf-8", "replace")).digest()
