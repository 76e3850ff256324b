"""Set what a message costs, per channel. Reservations made before keep the price they were made at."""

from __future__ import annotations

import attrs

from application.ports.clock import Clock
from application.ports.quota import Quotas
from application.quota.commands import SetUnitPricesCommand
from application.quota.read_quota import QuotaView, view


@attrs.frozen(kw_only=True)
class SetUnitPrices:
    quotas: Quotas
    clock: Clock

    async def __call__(self, command: SetUnitPricesCommand) -> QuotaView:
        """Raise NotFound, or InvalidInput naming the field."""
        now = self.clock.now()
        terms = await self.quotas.change(
            command.application_id, lambda found: found.price(command.unit_prices), now=now
        )
        return await view(terms, self.quotas, now)
