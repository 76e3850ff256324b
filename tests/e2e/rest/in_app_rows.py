"""In-app messages as the in-app channel leaves them: delivered into the inbox of one subscription."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import uuid_utils

from domain.messaging.lifecycle import Status
from domain.shared.channels import Channel, Lane, SubscriptionType
from tests.e2e.rest.wiring import Served, execute

BODY: dict[str, Any] = {
    "v": 1,
    "layout": "modal",
    "content": {
        "title": "Sale",
        "body": "Today only",
        "buttons": [
            {
                "id": "ok",
                "text": "Show",
                "action": {"type": "deeplink", "value": "app://sale"},
                "converts": True,
            },
            {"id": "no", "text": "Close", "action": {"type": "dismiss"}},
        ],
    },
}


def put_in_app(
    served: Served,
    application_id: str,
    subscription_id: str,
    *,
    user_id: str | None = None,
    lifetime: timedelta = timedelta(days=3),
    **changes: Any,
) -> str:
    """Store one message; answers its id. `changes` replace members of the content."""
    content, message, reservation, chunk = (UUID(int=uuid_utils.uuid7().int) for _ in range(4))
    now = datetime.now(UTC)
    execute(
        served.database_url,
        "INSERT INTO content (id, application_id, channel, body) VALUES ($1, $2, $3, $4)",
        content,
        UUID(application_id),
        int(Channel.IN_APP),
        json.dumps({**BODY, **changes}),
    )
    execute(
        served.database_url,
        "INSERT INTO message (id, application_id, subscription_id, user_id, content_id, chunk_id, reservation_id,"
        " expires_at, sent_at, channel, type, lane, status, attempts, user_targeted)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14)",
        message,
        UUID(application_id),
        UUID(subscription_id),
        None if user_id is None else UUID(user_id),
        content,
        chunk,
        reservation,
        now + lifetime,
        now,
        int(Channel.IN_APP),
        int(SubscriptionType.IN_APP_MESSAGE),
        int(Lane.TRANSACTIONAL),
        int(Status.SUCCESSFUL),
        user_id is not None,
    )
    return str(message)
