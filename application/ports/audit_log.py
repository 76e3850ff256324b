"""Where the log of changes is kept: written, completed once, never changed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

import attrs

from domain.operators.audit import AuditEntry, Outcome
from domain.shared.json_values import Json


@attrs.frozen(slots=True, kw_only=True)
class AuditFilter:
    """Which entries; None means any."""

    application_id: UUID | None = None
    operator_id: UUID | None = None
    action: str | None = None


class AuditLog(Protocol):
    async def add(self, entry: AuditEntry) -> None: ...

    async def complete(
        self,
        entry_id: UUID,
        outcome: Outcome,
        *,
        subject: str,
        before: Mapping[str, Json],
        after: Mapping[str, Json],
    ) -> None:
        """Of an entry that is `started`; others stay as they are."""
        ...

    async def list(self, wanted: AuditFilter, *, before: UUID | None, limit: int) -> Sequence[AuditEntry]:
        """Newest first."""
        ...
