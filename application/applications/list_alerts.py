"""List what operators should look at, newest first."""

from __future__ import annotations

import attrs

from application.applications.commands import ListAlertsCommand
from application.ports.alerts import Alerts
from domain.applications.channel_state import Alert
from domain.shared.page import Page, check_limit, decode_id_cursor


@attrs.frozen(kw_only=True)
class ListAlerts:
    alerts: Alerts

    async def __call__(self, command: ListAlertsCommand) -> Page[Alert]:
        """Raise InvalidInput for a bad cursor or limit."""
        limit = check_limit(command.limit)
        found = await self.alerts.list(
            command.application_id,
            include_resolved=command.include_resolved,
            before=decode_id_cursor(command.cursor),
            limit=limit + 1,
        )
        return Page.cut(found, limit, lambda alert: alert.id)
