"""Devices marked for tests in PostgreSQL: an index holds them alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import attrs
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.control import transaction
from application.ports.marked_devices import MarkedOfType
from domain.audience.status_catalogue import SUBSCRIBED
from domain.shared.channels import TYPES_BY_CODE

_MARKED: Final = """
SELECT type, count(*) FILTER (WHERE subscription_status >= $2) AS subscribed,
       count(*) FILTER (WHERE subscription_status < $2) AS not_subscribed,
       coalesce((array_agg(id ORDER BY id) FILTER (WHERE subscription_status >= $2))[1:$3], '{}') AS ids
FROM subscription WHERE application_id = $1 AND test_type > 0 AND NOT is_archived
GROUP BY type ORDER BY type
"""


@attrs.frozen
class PostgresMarkedDevices:
    """Implements `application.ports.marked_devices.MarkedDevices`."""

    engine: AsyncEngine

    async def of(self, application_id: UUID, *, limit: int) -> Sequence[MarkedOfType]:
        async with transaction(self.engine) as connection:
            rows = await connection.exec_driver_sql(_MARKED, (application_id, SUBSCRIBED, limit))
            return [
                MarkedOfType(TYPES_BY_CODE[row.type], row.subscribed, row.not_subscribed, row.ids)
                for row in rows
            ]
