"""The log of changes: written before a change starts, completed when it is over, read page by page."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import attrs

from application.operators.commands import ListAuditCommand
from application.ports.audit_log import AuditFilter, AuditLog
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.operators.audit import AuditEntry, Outcome, shortened
from domain.operators.operator import Operator
from domain.shared.json_values import Json
from domain.shared.page import Page, check_limit, decode_id_cursor

COMMAND_LINE = "command line"
"""Who acts when nobody signed in."""


@attrs.frozen(kw_only=True)
class RecordChange:
    audit_log: AuditLog
    clock: Clock
    identifiers: Identifiers

    async def start(
        self, operator: Operator | None, action: str, *, application_id: UUID | None, subject: str, peer: str
    ) -> UUID:
        """The entry's id, to be completed."""
        entry = AuditEntry(
            id=self.identifiers.one(),
            occurred_at=self.clock.now(),
            operator_id=None if operator is None else operator.id,
            actor=COMMAND_LINE if operator is None else operator.email,
            action=action,
            application_id=application_id,
            subject=subject[:300],
            outcome=Outcome.STARTED,
            peer=peer[:100],
        )
        await self.audit_log.add(entry)
        return entry.id

    async def complete(
        self,
        entry_id: UUID,
        outcome: Outcome,
        *,
        subject: str = "",
        before: Mapping[str, Json] | None = None,
        after: Mapping[str, Json] | None = None,
    ) -> None:
        """An empty `subject` keeps the one there is."""
        await self.audit_log.complete(
            entry_id,
            outcome,
            subject=subject[:300],
            before=shortened(before or {}),
            after=shortened(after or {}),
        )


@attrs.frozen(kw_only=True)
class ListAudit:
    audit_log: AuditLog

    async def __call__(self, command: ListAuditCommand) -> Page[AuditEntry]:
        """Newest first; raise InvalidInput for a bad cursor or limit."""
        limit = check_limit(command.limit)
        found = await self.audit_log.list(
            AuditFilter(
                application_id=command.application_id,
                operator_id=command.operator_id,
                action=command.action,
            ),
            before=decode_id_cursor(command.cursor),
            limit=limit + 1,
        )
        return Page.cut(found, limit, lambda entry: entry.id)
