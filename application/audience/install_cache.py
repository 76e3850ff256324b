"""Remembers for a few seconds which installs have shown their secret: an app that starts calls several times in a second.

An install's secret never changes once it was used, so what is remembered stays true; it is bounded in time all the same,
so that an install that is taken away is let in a few seconds longer at most. A wrong secret is never remembered.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from domain.audience.install import Install

REMEMBER: Final = timedelta(seconds=3)
MAX_ENTRIES: Final = 20_000


class InstallCache:
    """Bounded; the install that was used longest ago is forgotten first. Holds hashes of secrets, never a secret."""

    def __init__(self, *, remember: timedelta = REMEMBER, entries: int = MAX_ENTRIES) -> None:
        self._remember = remember
        self._most = entries
        self._entries: OrderedDict[tuple[UUID, str], tuple[Install, datetime]] = OrderedDict()

    def get(self, application_id: UUID, install_id: str, secret: str, now: datetime) -> Install | None:
        """The install, if it is remembered and this is its secret."""
        name = application_id, install_id
        entry = self._entries.get(name)
        if entry is None:
            return None
        install, since = entry
        if not since <= now < since + self._remember:
            del self._entries[name]
            return None
        return install if install.opens_with(secret) else None

    def put(self, install: Install, now: datetime) -> None:
        """Only one that was confirmed is remembered: until then its secret may be replaced."""
        if not install.is_confirmed:
            return
        name = install.application_id, install.install_id
        self._entries[name] = (install, now)
        self._entries.move_to_end(name)
        while len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)
