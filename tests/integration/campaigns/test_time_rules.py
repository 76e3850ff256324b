"""Local times, quiet hours, caps and dedupe, as they come out in the database."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.campaigns.lifecycle import CampaignStatus
from tests.integration.campaigns.world import CampaignWorld

SEOUL = ZoneInfo("Asia/Seoul")


def _clock(moment: datetime, zone: ZoneInfo = SEOUL) -> str:
    return moment.astimezone(zone).strftime("%H:%M")


async def test_everybody_is_due_at_the_same_wall_time_and_a_zone_that_is_none_is_reported(
    world: CampaignWorld,
) -> None:
    """Three zones make three waves; who names Mars is sent to by the fallback zone, and the recipient's row says so."""
    app = await world.application()
    people = await world.subscriptions(app, 8)
    for zone, some in (
        ("Asia/Seoul", people[:2]),
        ("Europe/Berlin", people[2:5]),
        ("Mars/Olympus", people[5:6]),
    ):
        await world.connection.execute(
            "UPDATE subscription SET tags = jsonb_build_object('timezone', $1::text) WHERE id = ANY($2::uuid[])", zone, some
        )  # fmt: skip
    campaign = await world.draft(
        app, local_delivery={"time": "09:00", "fallback_time_zone": "America/New_York"}
    )
    found = await world.dry_run(app, campaign)
    assert found.waves == 3
    assert found.zone_notes == {"subscription_tag timezone 'Mars/Olympus' is not an IANA time zone": 1}
    await world.launch(app, campaign)
    waves = await world.connection.fetch(
        "SELECT zone, due_at, last_seq - first_seq + 1 AS n FROM campaign_wave"
    )
    assert {wave["zone"]: wave["n"] for wave in waves} == {
        "Asia/Seoul": 2, "Europe/Berlin": 3, "America/New_York": 3,
    }  # fmt: skip
    assert {_clock(wave["due_at"], ZoneInfo(wave["zone"])) for wave in waves} == {"09:00"}
    noted = await world.connection.fetchrow("SELECT subscription_id, seq FROM campaign_recipient WHERE zone_note IS NOT NULL")  # fmt: skip
    assert noted is not None
    assert (noted["subscription_id"], noted["seq"] is not None) == (people[5], True)
    assert await world.fan_out() == 0
    due = sorted(wave["due_at"] for wave in waves)
    world.clock.shift = due[0] - world.clock.now() + timedelta(seconds=1)
    first = next(wave["n"] for wave in waves if wave["due_at"] == due[0])
    assert await world.fan_out_all() == first
    world.clock.shift += timedelta(days=2)
    await world.fan_out_all()
    assert (await world.recount(campaign))["people"] == 8


async def test_a_wave_becomes_messages_shortly_before_it_is_due_and_its_chunks_wait(
    world: CampaignWorld,
) -> None:
    app = await world.application()
    await world.subscriptions(app, 3)
    now = world.clock.now()
    at = (now + timedelta(hours=2)).astimezone(SEOUL)
    campaign = await world.draft(
        app,
        local_delivery={"time": at.strftime("%H:%M"), "date": at.date().isoformat(), "fallback_time_zone": "Asia/Seoul"},
    )  # fmt: skip
    await world.launch(app, campaign)
    due = await world.value("SELECT due_at FROM campaign_wave")
    assert isinstance(due, datetime)
    world.clock.shift = due - now - timedelta(seconds=20)
    assert await world.fan_out() == 3
    assert await world.value("SELECT not_before FROM dispatch_chunk") == due
    assert await world.value("SELECT send_at FROM message LIMIT 1") == due
    assert await world.queue.release(world.clock.now()) == []


async def test_quiet_hours_hold_what_is_left_of_a_wave_until_they_are_over(world: CampaignWorld) -> None:
    """When the night begins: what waits in the queue is held, what was not fanned out waits, and both go on in the morning."""
    world.look_ahead = 1_000
    app = await world.application()
    await world.subscriptions(app, 2_000)
    now = world.clock.now()
    begins = (now + timedelta(hours=1)).astimezone(SEOUL)
    ends = begins + timedelta(hours=8)
    campaign = await world.draft(
        app,
        quiet_hours={"from": begins.strftime("%H:%M"), "to": ends.strftime("%H:%M"), "time_zone": "Asia/Seoul"},
        expires_after_seconds=86_400,
    )  # fmt: skip
    await world.launch(app, campaign)
    assert await world.fan_out() == 1_000
    closes = await world.value("SELECT open_until FROM campaign_wave")
    assert isinstance(closes, datetime)
    world.clock.shift = closes - now + timedelta(seconds=1)
    await world.keep_moving()
    assert await world.queue.release(world.clock.now()) == []
    assert await world.fan_out() == 0
    opens = await world.value("SELECT open_from FROM campaign_wave")
    assert isinstance(opens, datetime)
    assert _clock(opens) == ends.strftime("%H:%M")
    world.clock.shift = opens - now + timedelta(seconds=1)
    assert len(await world.queue.release(world.clock.now())) == 2
    await world.connection.execute("UPDATE campaign_wave SET open_from = now() - interval '1 hour'")
    await world.run()
    assert (await world.get(app, campaign)).status is CampaignStatus.SENT
    assert (await world.recount(campaign))["people"] == 2_000


async def test_a_worker_may_not_start_a_send_after_the_window_closes(world: CampaignWorld) -> None:
    """The lease's deadline is the window's end when that comes first."""
    app = await world.application()
    await world.subscriptions(app, 1)
    campaign = await world.draft(app)
    await world.launch(app, campaign)
    await world.fan_out()
    await world.queue.release(world.clock.now())
    await world.connection.execute("UPDATE campaign_wave SET open_until = now() + interval '3 seconds'")
    closes = await world.value("SELECT open_until FROM campaign_wave")
    (chunk,) = await world.lease_all(await world.worker())
    assert chunk.deadline == closes
    assert await world.value("SELECT deadline > now() + interval '5 minutes' FROM dispatch_chunk") is True


async def test_what_expires_before_its_turn_is_left_out_with_the_reason(world: CampaignWorld) -> None:
    """The campaign is over, nobody is missing from its counts."""
    world.look_ahead = 500
    app = await world.application()
    await world.subscriptions(app, 1_200)
    campaign = await world.draft(app, expires_after_seconds=3_600)
    await world.launch(app, campaign)
    await world.fan_out()
    await world.queue.release(world.clock.now())
    await world.deliver_everything(await world.worker())
    world.clock.shift = timedelta(hours=2)
    await world.run()
    done = await world.get(app, campaign)
    assert (done.status, done.counts.successful_count, done.counts.excluded_count) == (
        CampaignStatus.SENT,
        500,
        700,
    )
    assert await world.value("SELECT closed_reason FROM campaign_wave") == "expired"


async def test_a_cap_counts_messages_of_other_campaigns_and_of_this_one(world: CampaignWorld) -> None:
    """Anna has two devices and had one message today: with two allowed she gets one more; Ben, who had none, gets both."""
    app = await world.application()
    anna, ben = await world.user(app, "anna"), await world.user(app, "ben")
    await world.subscriptions(app, 1, user=anna)
    first = await world.draft(app)
    await world.launch(app, first)
    await world.run()
    await world.subscriptions(app, 1, user=anna)
    await world.subscriptions(app, 2, user=ben)
    cap = {"messages": 2, "window_seconds": 86_400, "per": "user"}
    second = await world.draft(app, frequency_caps=[cap])
    found = await world.dry_run(app, second)
    assert (found.recipients, {one.reason: one.n for one in found.exclusions}) == (3, {"frequency_capped": 1})
    essential = await world.draft(app, frequency_caps=[cap], priority="essential")
    assert (await world.dry_run(app, essential)).recipients == 4


async def test_advertising_waits_for_the_morning_unless_the_night_is_agreed_to(world: CampaignWorld) -> None:
    """Without consent to advertising nobody gets it; without consent to the night it is due at eight in Korea."""
    option = {"sender_name": "Shop", "opt_out": {"push": "수신거부: 설정 > 알림"}}
    app = await world.application(advertising=option)
    day, night, _ = await world.subscriptions(app, 3)
    for id_, tags in (
        (day, '{"ad_consent": true}'),
        (night, '{"ad_consent": true, "night_consent": "true"}'),
    ):
        await world.connection.execute("UPDATE subscription SET tags = $2 WHERE id = $1", id_, tags)
    world.clock.shift = _until(world.clock.now(), "23:00")
    campaign = await world.draft(app, title="Sale", body="Half price", advertising=True)
    found = await world.dry_run(app, campaign, samples=1)
    assert (found.recipients, {one.reason: one.n for one in found.exclusions}) == (2, {"no_ad_consent": 1})
    assert found.samples[0].body == {"title": "(광고) Sale", "body": "Half price\n수신거부: 설정 > 알림"}
    await world.launch(app, campaign)
    waves = await world.connection.fetch(
        "SELECT due_at, night_held, open_until FROM campaign_wave ORDER BY number"
    )
    assert [(_clock(one["due_at"]), one["night_held"]) for one in waves] == [
        ("23:00", False),
        ("08:00", True),
    ]
    assert [one["open_until"] and _clock(one["open_until"]) for one in waves] == [None, "21:00"]


def _until(now: datetime, clock: str) -> timedelta:
    """How far to turn the clock so that Seoul's shows this time."""
    hour, minute = (int(part) for part in clock.split(":"))
    local = now.astimezone(SEOUL)
    wanted = local.replace(hour=hour, minute=minute, second=1, microsecond=0)
    return (wanted if wanted > local else wanted + timedelta(days=1)) - local
