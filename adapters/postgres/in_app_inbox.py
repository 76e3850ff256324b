"""In-app messages of one subscription, found by the index that holds no other channel's rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import CONNECTION_ERRORS
from adapters.postgres.engine import raw_connection
from application.ports.in_app_inbox import InAppRecipient, WaitingInApp
from domain.messaging.lifecycle import Status
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import Unavailable

_DEVICE = ("device_model", "device_os", "device_language", "app_version", "sdk_version", "country_code")
_RECIPIENT = f"""
SELECT user_id, subscription_status, tags::text AS tags, {", ".join(_DEVICE)} FROM subscription
WHERE id = $1 AND application_id = $2 AND install_id = $3 AND type = $4 AND NOT is_archived
"""  # noqa: S608 - constants
# The channel stands in the text, so that the planner sees the partial index whatever the parameters are.
_WAITING = f"""
SELECT id, campaign_id, content_id, received_at, variables, CASE WHEN user_targeted THEN user_id END AS owner FROM message
WHERE subscription_id = $1 AND channel = {int(Channel.IN_APP)} AND status = ANY($2::smallint[])
  AND (expires_at IS NULL OR expires_at > $3)
ORDER BY id DESC LIMIT $4
"""  # noqa: S608 - constants
_CONTENTS = """
SELECT id, body::text AS body, template::text AS template FROM content WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3
"""
_OPEN = [int(Status.SUCCESSFUL), int(Status.RECEIVED)]


@attrs.frozen
class PostgresInAppInbox:
    """Implements `application.ports.in_app_inbox.InAppInbox`."""

    engine: AsyncEngine

    async def recipient(
        self, application_id: UUID, subscription_id: UUID, install_id: UUID
    ) -> InAppRecipient | None:
        try:
            async with raw_connection(self.engine) as connection:
                row = await connection.fetchrow(
                    _RECIPIENT,
                    subscription_id,
                    application_id,
                    install_id,
                    int(SubscriptionType.IN_APP_MESSAGE),
                )
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away") from error
        if row is None:
            return None
        return InAppRecipient(
            subscription_id=subscription_id,
            user_id=row["user_id"],
            status=row["subscription_status"],
            device={name: row[name] for name in _DEVICE if row[name] is not None},
            tags=json.loads(row["tags"]),
        )

    async def waiting(self, subscription_id: UUID, *, now: datetime, limit: int) -> Sequence[WaitingInApp]:
        try:
            async with raw_connection(self.engine) as connection:
                rows = await connection.fetch(_WAITING, subscription_id, _OPEN, now, limit)
                ids = sorted({row["content_id"] for row in rows})
                found = await connection.fetch(_CONTENTS, ids, ids[0], ids[-1]) if ids else []
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away") from error
        bodies = {row["id"]: json.loads(row["body"]) for row in found}
        templates = {row["id"]: json.loads(row["template"]) for row in found if row["template"]}
        return [
            WaitingInApp(
                message_id=row["id"],
                campaign_id=row["campaign_id"],
                user_id=row["owner"],
                seen_at=row["received_at"],
                content_id=row["content_id"],
                body=bodies[row["content_id"]],
                template=templates.get(row["content_id"]),
                variables=row["variables"],
            )
            for row in rows
            if row["content_id"] in bodies
        ]
