"""Passwords by argon2id, in a thread of their own: hashing takes tens of milliseconds and 19 MiB by intention."""

from __future__ import annotations

import asyncio
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE: Final = 2
"""Hashes computed at the same time: a flood of attempts must not take the process's memory and cores."""


class Argon2Passwords:
    """Implements `application.ports.passwords.Passwords`; parameters as OWASP's cheat sheet recommends for argon2id."""

    def __init__(self, *, time_cost: int = 2, memory_kib: int = 19_456) -> None:
        self._hasher = PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
        )
        self._free = asyncio.Semaphore(AT_ONCE)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        async with self._free:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        if password_hash is None and self._nobodys is None:
            self._nobodys = await self.hash("a password that nobody has")
        async with self._free:
            matches = await asyncio.to_thread(self._matches, password_hash or self._nobodys or "", password)
        return matches and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        return self._hasher.check_needs_rehash(password_hash)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
