"""What is kept for how long, and how far what applications keep shorter was removed."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID


class Retention(Protocol):
    async def swept_until(self, application_id: UUID) -> datetime | None:
        """Messages of before this moment have lost what they said; None: nothing was removed yet."""
        ...
