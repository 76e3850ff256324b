"""Rules over real rows: raised once, kept while it lasts, resolved when it is over, people told step by step."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID

import pytest_asyncio

from adapters.postgres.alert_rules import PostgresAlertRules
from adapters.postgres.alerts import PostgresAlerts
from application.alerting.evaluate_alerts import EvaluateAlerts
from application.alerting.manage_alerts import AcknowledgeAlert, AlertCommand, SetAlertPolicy
from domain.applications.channel_state import Alert
from tests.integration.messaging.rows import Rows, open_rows

MINUTE = timedelta(minutes=1)
LADDER = [
    {"after_minutes": 0, "external_ids": ["ops"]},
    {"after_minutes": 15, "external_ids": ["boss"]},
]


class Mailbox:
    """Keeps what would be sent; says no while it is closed."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, tuple[str, ...], str, bool]] = []
        self.closed = False

    async def send(self, alert: Alert, external_ids: Sequence[str], *, key: str, recovered: bool) -> bool:
        if not self.closed:
            self.sent.append((alert.kind, tuple(external_ids), key.rpartition(":")[2], recovered))
        return not self.closed


class Watch:
    """One application, and a scheduler whose clock a test turns."""

    def __init__(self, rows: Rows, application: UUID) -> None:
        self.rows = rows
        self.application = application
        self.mail = Mailbox()
        self.alerts = PostgresAlerts(rows.engine)

    async def evaluate(self, after: timedelta = timedelta()) -> None:
        """A round by a scheduler of its own, after so much time."""
        self.rows.clock.shift += after
        rules = PostgresAlertRules(self.rows.engine, self.rows.ids)
        await EvaluateAlerts(rules=rules, mail=self.mail, clock=self.rows.clock)()

    async def count(self, event_type: int, n: int) -> None:
        await self.rows.connection.execute(
            "INSERT INTO stat_hourly AS s (application_id, hour, type, event_type, reason, n)"
            " VALUES ($1, date_trunc('hour', $2::timestamptz, 'UTC'), 1, $3, '', $4)"
            " ON CONFLICT ON CONSTRAINT stat_hourly_pkey DO UPDATE SET n = s.n + excluded.n",
            self.application,
            self.rows.clock.now(),
            event_type,
            n,
        )

    async def open(self) -> list[Alert]:
        return list(await self.alerts.list(self.application, include_resolved=False, before=None, limit=50))

    async def set_ladder(self) -> None:
        policy = SetAlertPolicy(alerts=self.alerts, clock=self.rows.clock)
        await policy(self.application, {"ladder": LADDER})  # type: ignore[dict-item]


@pytest_asyncio.fixture
async def watch(database_url: str) -> AsyncIterator[Watch]:
    async with open_rows(database_url) as rows:
        yield Watch(rows, await rows.application(time_zone="Asia/Seoul"))


async def test_an_error_rate_is_of_the_last_minutes(watch: Watch) -> None:
    """What went wrong before the window counts no more, across the turn of an hour; nothing is said before there is a sample."""
    await watch.count(2, 1_000)
    await watch.evaluate()
    assert await watch.open() == []
    for _ in range(16):
        await watch.evaluate(MINUTE)
    assert await watch.open() == []
    await watch.count(1, 60)
    await watch.count(2, 40)
    await watch.evaluate(MINUTE)
    (alert,) = await watch.open()
    assert alert.kind == "error_rate"
    assert {name: alert.detail[name] for name in ("type", "attempts", "failed")} == {
        "type": "iOSPush", "attempts": 100, "failed": 40,
    }  # fmt: skip
    for _ in range(20):
        await watch.evaluate(MINUTE)
    assert await watch.open() == []


async def test_each_application_has_its_own_thresholds(watch: Watch) -> None:
    """The same two fifths of failures are trouble for one application and none for another that allows a half."""
    other = await watch.rows.application(time_zone="Asia/Seoul")
    await SetAlertPolicy(alerts=watch.alerts, clock=watch.rows.clock)(other, {"error_share": 0.5})
    mine = watch.application
    await watch.evaluate()
    for _ in range(15):
        await watch.evaluate(MINUTE)
    for watch.application in (mine, other):
        await watch.count(1, 60)
        await watch.count(2, 40)
    await watch.evaluate(MINUTE)
    found = await watch.alerts.list(None, include_resolved=False, before=None, limit=50)
    assert [(one.application_id, one.kind) for one in found] == [(mine, "error_rate")]


async def test_a_trouble_is_one_alert_until_it_is_over(watch: Watch) -> None:
    """Many rounds and schedulers, one row; two minutes after it was last seen it is resolved; then it is a new one."""
    await watch.rows.connection.execute(
        "INSERT INTO quota (application_id, daily_quota, updated_at) VALUES ($1, 100, now())",
        watch.application,
    )
    today = "(application_id, kind, starts_on, granted) VALUES ($1, 'daily', (now() AT TIME ZONE 'Asia/Seoul')::date, 96)"
    await watch.rows.connection.execute(f"INSERT INTO quota_window {today}", watch.application)
    for _ in range(3):
        await watch.evaluate()
    assert sorted(alert.detail["percent"] for alert in await watch.open()) == [80, 95]
    await watch.rows.connection.execute("UPDATE quota SET daily_quota = 1000")
    await watch.evaluate(MINUTE)
    assert len(await watch.open()) == 2
    await watch.evaluate(2 * MINUTE)
    assert await watch.open() == []
    await watch.rows.connection.execute("UPDATE quota SET daily_quota = 100")
    await watch.evaluate()
    assert len(await watch.open()) == 2
    assert await watch.rows.count("alert") == 4
    # The outbox tells of it, quota events included.
    assert await watch.rows.count("outbox", "kind = 'quota.threshold'") >= 1


async def test_people_are_told_step_by_step_until_somebody_looks(watch: Watch) -> None:
    """At once, then after a quarter of an hour; the acknowledged one goes no further, and all hear that it is over."""
    await watch.set_ladder()
    await watch.rows.connection.execute(
        "INSERT INTO alert (id, application_id, kind, detail, raised_at) VALUES (uuidv7(), $1, 'channel_paused', '{}', $2)",
        watch.application,
        watch.rows.clock.now(),
    )
    watch.mail.closed = True
    await watch.evaluate()
    watch.mail.closed = False
    for _ in range(3):
        await watch.evaluate()
    assert watch.mail.sent == [("channel_paused", ("ops",), "1", False)]
    await watch.evaluate(15 * MINUTE)
    assert watch.mail.sent[1:] == [("channel_paused", ("boss",), "2", False)]
    (alert,) = await watch.open()
    assert alert.escalation == 1
    acknowledge = AcknowledgeAlert(alerts=watch.alerts, clock=watch.rows.clock)
    command = AlertCommand(application_id=watch.application, alert_id=alert.id, actor="key-1")
    seen = await acknowledge(command)
    assert (seen.acknowledged_by, seen.resolved_at) == ("key-1", None)
    await watch.rows.connection.execute("UPDATE alert SET resolved_at = $1", watch.rows.clock.now())
    for _ in range(2):
        await watch.evaluate()
    assert watch.mail.sent[2:] == [("channel_paused", ("boss", "ops"), "recovered", True)]


async def test_nobody_further_up_is_woken_once_somebody_looks(watch: Watch) -> None:
    """Acknowledged after the first step: the second is never told, not even that it is over."""
    await watch.set_ladder()
    await watch.rows.connection.execute(
        "INSERT INTO alert (id, application_id, kind, detail, raised_at) VALUES (uuidv7(), $1, 'channel_paused', '{}', $2)",
        watch.application,
        watch.rows.clock.now(),
    )
    await watch.evaluate()
    (alert,) = await watch.open()
    await watch.alerts.acknowledge(watch.application, alert.id, "key-1", watch.rows.clock.now())
    await watch.evaluate(30 * MINUTE)
    await watch.rows.connection.execute("UPDATE alert SET resolved_at = $1", watch.rows.clock.now())
    await watch.evaluate(MINUTE)
    told = [(people, recovered) for _, people, _, recovered in watch.mail.sent]
    assert told == [(("ops",), False), (("ops",), True)]


async def test_what_is_acknowledged_at_once_wakes_nobody_else(watch: Watch) -> None:
    """And what reports something that is over ends with it; others may not acknowledge it."""
    await watch.set_ladder()
    await watch.rows.connection.execute(
        "INSERT INTO alert (id, application_id, kind, detail, raised_at)"
        " VALUES (uuidv7(), $1, 'unknown_outcome_charged', '{}', $2)",
        watch.application,
        watch.rows.clock.now(),
    )
    (alert,) = await watch.open()
    other = await watch.rows.application()
    assert await watch.alerts.acknowledge(other, alert.id, "x", watch.rows.clock.now()) is None
    seen = await watch.alerts.acknowledge(watch.application, alert.id, "key-1", watch.rows.clock.now())
    assert seen is not None
    assert seen.resolved_at is not None
    await watch.evaluate(20 * MINUTE)
    assert watch.mail.sent == []


async def test_a_queue_that_stands_is_trouble_unless_it_is_held_on_purpose(watch: Watch) -> None:
    """The oldest message that could be sent; a paused route waits for its operator."""
    await watch.rows.connection.execute(
        "INSERT INTO dispatch_chunk (id, application_id, reservation_id, min_id, max_id, created_at, channel, type, lane,"
        " state, message_ids) VALUES (uuidv7(), $1, uuidv7(), uuidv7(), uuidv7(), $2, 1, 1, 0, 1, ARRAY[uuidv7()])",
        watch.application,
        watch.rows.clock.now(),
    )
    await watch.evaluate(3 * MINUTE)
    assert [alert.kind for alert in await watch.open()] == ["queue_delayed"]
    whole = await watch.alerts.list(None, include_resolved=False, before=None, limit=50)
    assert sorted(alert.kind for alert in whole) == ["no_workers", "queue_delayed"]
    await watch.rows.connection.execute(
        "INSERT INTO channel_pause (application_id, type, reason, paused_at) VALUES ($1, 1, 'requested', now())",
        watch.application,
    )
    await watch.evaluate(3 * MINUTE)
    assert await watch.open() == []
