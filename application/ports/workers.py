"""A worker's proof of life: a session lock that dies with it, and a beat that says it is not merely frozen."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class Presence(Protocol):
    @property
    def incarnation(self) -> UUID:
        """Made anew at each start of the process."""
        ...

    def alive(self) -> bool:
        """Lock held and a beat confirmed within the last five seconds; without that no send may start."""
        ...

    async def start(self) -> None: ...

    async def stop(self) -> None:
        """Give up lock and row."""
        ...
