"""Subscriptions, campaigns and alerts tell what happens to them, in the transaction in which it happens."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from tests.integration.webhooks.hooks import Hooks


async def outbox(hooks: Hooks) -> list[tuple[str, Any]]:
    rows = await hooks.rows.connection.fetch("SELECT kind, payload FROM outbox ORDER BY id")
    return [(row["kind"], json.loads(row["payload"])) for row in rows]


async def tell_subscriptions(hooks: Hooks, application: UUID, n: int) -> None:
    await hooks.rows.connection.execute(
        "INSERT INTO subscription_event (id, subscription_id, application_id, event_type, channel, source, reason,"
        " metadata, occurred_at) SELECT uuidv7(), gen_random_uuid(), $1, 'created', 'push', 'sdk', 'registered',"
        """ '{"k": "say \\"hi\\""}', '2026-01-05T09:30:00.123Z' FROM generate_series(1, $2::integer)""",
        application,
        n,
    )


async def test_events_of_subscriptions_are_packed(hooks: Hooks) -> None:
    """450 of one statement are three rows, in order, each event with what REST tells of it; roll back and none is there."""
    transaction = hooks.rows.connection.transaction()
    await transaction.start()
    await tell_subscriptions(hooks, hooks.application, 5)
    await transaction.rollback()
    await tell_subscriptions(hooks, hooks.application, 450)
    told = await outbox(hooks)
    assert [(kind, len(events)) for kind, events in told] == [
        ("subscription.created", 200), ("subscription.created", 200), ("subscription.created", 50),
    ]  # fmt: skip
    ids = [event["id"] for _, events in told for event in events]
    assert ids == sorted(ids)
    assert len(set(ids)) == 450
    event = told[0][1][0]
    assert (event["type"], event["channel"], event["reason"]) == (
        "subscription.created",
        "push",
        "registered",
    )
    assert (event["occurred_at"], event["metadata"]) == ("2026-01-05T09:30:00.123Z", {"k": 'say "hi"'})


async def test_an_application_that_wants_no_events_has_none(hooks: Hooks) -> None:
    """events_enabled false holds for every family."""
    await tell_subscriptions(hooks, await hooks.rows.application(events_enabled=False), 1)
    assert await outbox(hooks) == []


async def test_a_campaigns_history_and_an_alerts_life_are_told(hooks: Hooks) -> None:
    """From and to by name; raised, acknowledged, escalated, resolved; a quota alert is a quota event, too."""
    connection, application = hooks.rows.connection, hooks.application
    campaign = hooks.rows.ids.one()
    await connection.execute(
        "INSERT INTO campaign (id, application_id, name, campaign_type, status, created_at, updated_at, created_by)"
        " VALUES ($1, $2, 'Sale', 'one_time', 2, now(), now(), 'test')",
        campaign,
        application,
    )
    await connection.execute(
        "INSERT INTO campaign_event (id, campaign_id, event_type, from_status, to_status, actor, occurred_at)"
        " VALUES (uuidv7(), $1, 6, 2, 4, 'system', now())",
        campaign,
    )
    alert = hooks.rows.ids.one()
    await connection.execute(
        "INSERT INTO alert (id, application_id, kind, detail, raised_at)"
        """ VALUES ($1, $2, 'quota_threshold', '{"percent": 80}', now()), (uuidv7(), NULL, 'installation', '{}', now())""",
        alert,
        application,
    )
    for change in (
        "acknowledged_at = now()",
        "escalation = 1",
        "last_seen_at = now()",
        "resolved_at = now()",
    ):
        await connection.execute(f"UPDATE alert SET {change} WHERE id = $1", alert)
    told = await outbox(hooks)
    assert [kind for kind, _ in told] == [
        "campaign.finish", "alert.raised", "quota.threshold", "alert.acknowledged", "alert.escalated", "alert.resolved",
    ]  # fmt: skip
    finish = told[0][1][0]
    assert (finish["campaign_id"], finish["from_status"], finish["to_status"]) == (
        str(campaign),
        "sending",
        "sent",
    )
    assert told[2][1][0]["detail"] == {"percent": 80}
    await hooks.listen("/quota", "quota.*")
    assert await hooks.publish() == 6
    assert await hooks.deliver_due() == 1
    assert hooks.receiver.of("/quota")[0].document["type"] == "quota.threshold"
