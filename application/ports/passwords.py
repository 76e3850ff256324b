"""Passwords and one-time codes, as ports: slow hashes and clocked codes are the adapter's."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Passwords(Protocol):
    async def hash(self, password: str) -> str:
        """A slow, salted hash, its parameters included."""
        ...

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one; for None as slow as for a hash, and False."""
        ...

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made with weaker parameters than hashes are made with now."""
        ...


class OneTimeCodes(Protocol):
    def new_key(self) -> str:
        """A new secret in base32, as authenticator apps take it."""
        ...

    def matching_step(self, key: str, code: str, now: datetime) -> int | None:
        """The time step whose code this is, at most one step off; None: a wrong code."""
        ...

    def enrolment_uri(self, key: str, *, account: str, issuer: str) -> str:
        """`otpauth://…`, as authenticator apps read it from a QR code."""
        ...
