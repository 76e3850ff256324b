"""The audience's unit of work: one transaction over users, installs and subscriptions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import attrs
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.confirmations import PostgresConfirmations
from adapters.postgres.control import transaction
from adapters.postgres.installs import PostgresInstalls
from adapters.postgres.subscriptions import PostgresSubscriptions
from adapters.postgres.users import PostgresUsers
from application.ports.audience import AudienceUnit


@attrs.frozen
class PostgresAudienceUnit:
    """Implements `application.ports.audience.AudienceUnit`."""

    users: PostgresUsers
    installs: PostgresInstalls
    subscriptions: PostgresSubscriptions
    confirmations: PostgresConfirmations


@attrs.frozen
class PostgresAudience:
    """Implements `application.ports.audience.Audience`."""

    engine: AsyncEngine

    def begin(self) -> AbstractAsyncContextManager[AudienceUnit]:
        return self._begin()

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[AudienceUnit]:
        async with transaction(self.engine) as connection:
            yield PostgresAudienceUnit(
                PostgresUsers(connection),
                PostgresInstalls(connection),
                PostgresSubscriptions(connection),
                PostgresConfirmations(connection),
            )
