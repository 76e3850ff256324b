"""One-time codes by the clock (RFC 6238): six digits, SHA-1, thirty seconds, as every authenticator app reads them."""

from __future__ import annotations

import base64
import hmac
import os
from datetime import datetime
from typing import Final
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from domain.operators.invitation import CODE_KEY_BYTES

STEP_SECONDS: Final = 30
DIGITS: Final = 6
TOLERANCE: Final = 1
"""Steps that a phone's clock may be off (RFC 6238, 5.2)."""


class ClockedCodes:
    """Implements `application.ports.passwords.OneTimeCodes`."""

    def new_key(self) -> str:
        return base64.b32encode(os.urandom(CODE_KEY_BYTES)).decode()

    def matching_step(self, key: str, code: str, now: datetime) -> int | None:
        typed = "".join(code.split())
        if len(typed) != DIGITS or not typed.isascii() or not typed.isdigit():
            return None
        present = int(now.timestamp()) // STEP_SECONDS
        found: int | None = None
        for step in range(present - TOLERANCE, present + TOLERANCE + 1):
            if hmac.compare_digest(code_at(key, step), typed):
                found = step
        return found

    def enrolment_uri(self, key: str, *, account: str, issuer: str) -> str:
        label = quote(f"{issuer}:{account}")
        return (
            f"otpauth://totp/{label}?secret={key}&issuer={quote(issuer)}"
            f"&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
        )


def code_at(key: str, step: int) -> str:
    """The code of one time step."""
    generator = TOTP(base64.b32decode(key), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303
    return generator.generate(step * STEP_SECONDS).decode()
