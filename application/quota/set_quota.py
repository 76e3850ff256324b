"""Set an application's limits, how it pays and in which currency."""

from __future__ import annotations

import attrs

from application.ports.clock import Clock
from application.ports.quota import Quotas
from application.quota.commands import SetQuotaCommand
from application.quota.read_quota import QuotaView, view


@attrs.frozen(kw_only=True)
class SetQuota:
    quotas: Quotas
    clock: Clock

    async def __call__(self, command: SetQuotaCommand) -> QuotaView:
        """Raise NotFound, InvalidInput naming the field, or Conflict for a currency that can no longer change."""
        now = self.clock.now()
        terms = await self.quotas.change(
            command.application_id,
            lambda found: found.change(
                daily_quota=command.daily_quota,
                monthly_quota=command.monthly_quota,
                billing_mode=command.billing_mode,
                billing_currency=command.billing_currency,
            ),
            now=now,
        )
        return await view(terms, self.quotas, now)
