"""An invitation: a link by which somebody becomes an operator, or sets a new password and code; it works once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import attrs

from domain.operators.roles import Role

VALID_FOR: Final = timedelta(days=3)
SECRET_BYTES: Final = 32
CODE_KEY_BYTES: Final = 20
"""Of the secret behind the one-time codes (RFC 4226, 4: 160 bits recommended)."""


@attrs.define(slots=True, kw_only=True)
class Invitation:
    """Known by the hash of the link's secret. `code_key` is the sealed secret that the one-time codes will come from."""

    id: UUID
    secret_hash: bytes = attrs.field(repr=False)
    role: Role
    email: str | None
    """None: whoever opens the link says."""
    operator_id: UUID | None
    """Somebody who is an operator already and gets in again; None: a new one."""
    code_key: bytes = attrs.field(repr=False)
    code_key_id: str
    created_at: datetime
    created_by: str
    used_at: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        return self.created_at + VALID_FOR

    def is_open(self, now: datetime) -> bool:
        return self.used_at is None and now < self.expires_at
