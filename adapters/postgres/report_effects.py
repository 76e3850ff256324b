"""What providers' reports mean beyond their messages: codes, soft faults, codes that no longer hold.

Runs in the transaction of the report, for events that are new: the same report again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from adapters.postgres.soft_faults import count_soft_faults
from adapters.postgres.suppressions import address_types, suppress_subscriptions
from adapters.postgres.token_faults import apply_codes, write_subscription_events
from application.ports.identifiers import Identifiers
from application.ports.receipts import EventLine
from domain.audience.subscription_event import ChangeSource, SubscriptionEventType
from domain.audience.suppression import SUPPRESSING
from domain.messaging.outcome import SoftFault

_SUBSCRIPTIONS = """
SELECT id, token_version, token_index, token_registered_at FROM subscription
WHERE id = ANY($1::uuid[]) AND NOT is_archived ORDER BY id FOR NO KEY UPDATE
"""
_CLEAR = """
UPDATE subscription SET subscription_status = 1, subscribed_at = $3, unsubscribed_at = NULL, updated_at = $3
WHERE id = $1 AND subscription_status = ANY($2::smallint[]) AND NOT is_archived
RETURNING id, user_id, application_id, type
"""
_LIFT = """
UPDATE suppression x SET lifted_at = $3 FROM subscription s
JOIN unnest($4::smallint[], $5::smallint[]) AS c (type, channel) ON c.type = s.type
WHERE s.id = $1 AND x.application_id = s.application_id AND x.channel = c.channel AND x.address_index = s.token_index
  AND x.reason = ANY($2::text[]) AND x.lifted_at IS NULL
"""


async def apply_effects(
    connection: asyncpg.Connection, lines: Sequence[EventLine], now: datetime, identifiers: Identifiers
) -> None:
    """The messages are locked; their subscriptions are locked here, in id order."""
    lines = [line for line in lines if line.item.effects and line.item.effects.concerns_subscription]
    if not lines:
        return
    rows = await connection.fetch(_SUBSCRIPTIONS, sorted({line.message.subscription_id for line in lines}))
    subscriptions = {row["id"]: row for row in rows}
    codes: list[tuple[UUID, int, int, datetime | None, str]] = []
    soft: list[tuple[UUID, SoftFault, str]] = []
    for line in lines:
        effects, id_ = line.item.effects, line.message.subscription_id
        row = subscriptions.get(id_)
        if effects is None or row is None or not _still_theirs(line, row):
            continue
        reason = line.item.reason or "provider_report"
        if effects.code is not None:
            codes.append((id_, effects.code, row["token_version"], None, reason))
        if effects.soft is not None:
            soft.append((id_, effects.soft, reason))
        if effects.clears:
            await clear_codes(connection, id_, effects.clears, reason, now, identifiers)
    if codes:
        await apply_codes(connection, codes, now, identifiers)
        # Also where the status was below 1 before: somebody who unsubscribed can complain, too.
        await suppress_subscriptions(connection, [(id_, code) for id_, code, *_ in codes], "provider", now)
    if soft:
        await count_soft_faults(connection, soft, now, identifiers)


async def clear_codes(
    connection: asyncpg.Connection,
    subscription_id: UUID,
    codes: frozenset[int],
    reason: str,
    now: datetime,
    identifiers: Identifiers,
) -> bool:
    """Subscribe again if one of these codes stood in the way, and lift what they suppressed; whether it did."""
    rows = await connection.fetch(_CLEAR, subscription_id, sorted(codes), now)
    await write_subscription_events(
        connection, rows, SubscriptionEventType.SUBSCRIBED, ChangeSource.PROVIDER, reason, now, identifiers
    )
    reasons = sorted({SUPPRESSING[code].value for code in codes if code in SUPPRESSING})
    if reasons:
        await connection.execute(_LIFT, subscription_id, reasons, now, *address_types())
    return bool(rows)


def _still_theirs(line: EventLine, subscription: asyncpg.Record) -> bool:
    """Whether the subscription still has the address that the message went to: by the address that the report names,
    else by the time at which the present one was registered."""
    assert line.item.effects is not None
    indexes = line.item.effects.indexes
    if indexes:
        return subscription["token_index"] in indexes
    registered, at = subscription["token_registered_at"], line.message.sent_at or line.occurred_at
    return registered is None or registered <= at
