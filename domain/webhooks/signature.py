"""How a receiver knows who speaks: Standard Webhooks signatures (standardwebhooks specification, 1.0, "v1" symmetric)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
"""The specification wants 24 to 64."""


def secret_text(random_text: str) -> str:
    """A secret as the customer sees it, of a url-safe random text of at least 32 bytes."""
    raw = base64.urlsafe_b64decode(random_text + "=" * (-len(random_text) % 4))
    return PREFIX + base64.b64encode(raw[:SECRET_BYTES]).decode()


def sign(secrets: Sequence[str], event_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature for each secret, so that a rotation needs no pause."""
    signed = f"{event_id}.{timestamp}.".encode() + body
    return " ".join(
        "v1," + base64.b64encode(hmac.digest(_key(one), signed, hashlib.sha256)).decode() for one in secrets
    )


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX))
