"""A key of the application's own server, which vouches for who logs in on a device."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import attrs

from domain.shared.errors import InvalidInput

MAX_KEYS: Final = 5
"""Of one application: enough to rotate."""
LONGEST_LIFE: Final = timedelta(days=7)
"""Of a token: an SDK may be offline for days, and what leaks must not last."""
LEEWAY: Final = timedelta(seconds=60)
_KID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class IdentityAlgorithm(StrEnum):
    """How a token is signed; a key is bound to one of them."""

    ES256 = "ES256"
    RS256 = "RS256"
    HS256 = "HS256"


@attrs.frozen(slots=True)
class IdentityKey:
    """What may be shown of a key; its material is sealed."""

    application_id: UUID
    kid: str
    algorithm: IdentityAlgorithm
    created_at: datetime


def check_kid(kid: str) -> str:
    """1 to 64 letters, digits, dots, dashes and underscores."""
    if not _KID.fullmatch(kid):
        raise InvalidInput("kid is not a name", field="kid", fix="use letters, digits, dots and dashes")
    return kid
