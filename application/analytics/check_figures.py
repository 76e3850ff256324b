"""The proof that figures are exact: every one recounted from messages and events."""

from __future__ import annotations

import attrs

from application.analytics.commands import CheckFiguresCommand
from application.ports.analytics import Analytics, Recount


@attrs.frozen(kw_only=True)
class CheckFigures:
    analytics: Analytics

    async def __call__(self, command: CheckFiguresCommand) -> Recount:
        """The recount; its mismatches are empty when every figure is right."""
        return await self.analytics.recount(command.application_id)
