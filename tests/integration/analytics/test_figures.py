"""Figures are what a recount of messages and events finds, whatever happened, and by every dimension."""

from __future__ import annotations

from datetime import timedelta

import attrs

from application.analytics.figures import Figures, added_up, figures_of
from application.ports.analytics import Slice
from domain.analytics.dimension import Dimension
from domain.analytics.period import Granularity, Period
from domain.messaging.event import MessageEventType
from tests.integration.analytics.fates import TEMPLATE, figures, meet_fates
from tests.integration.pipeline.workshop import IOS, Workshop


def day(shop: Workshop, granularity: Granularity = Granularity.DAY) -> Period:
    """A period that everything of a test lies in."""
    now = shop.clock.now()
    return Period.of(now - timedelta(days=1), now + timedelta(hours=2), "Asia/Seoul", granularity)


async def test_every_figure_is_what_a_recount_finds_folded_or_not(shop: Workshop) -> None:
    """The proof holds while deltas wait and after they were folded, and each fate is in the totals once."""
    fates = await meet_fates(shop)
    store = figures(shop)
    wanted = Slice(application_id=fates.application_id, period=day(shop))
    expected = Figures(
        accepted=17, sent=12, failed=3, errored=2, received=7, converted=5, canceled=1, clicked=3
    )
    before = await store.recount(None)
    (row,) = await store.counts(wanted, limit=1)
    assert (before.mismatches, before.complete) == ([], True)
    assert before.unfolded > 0
    assert figures_of(row.counts) == expected
    while await shop.queue.fold():
        pass
    after = await store.recount(fates.application_id)
    (row,) = await store.counts(wanted, limit=1)
    assert (after.mismatches, after.unfolded) == ([], 0)
    assert figures_of(row.counts) == expected
    # What is folded later is added to what was folded before.
    for _ in range(2):
        await shop.send(fates.application_id, await shop.subscriptions(fates.application_id, 2))
        await shop.deliver_everything(await shop.worker())
        await shop.queue.fold()
    assert (await store.recount(None)).mismatches == []
    (row,) = await store.counts(wanted, limit=1)
    assert figures_of(row.counts).sent == expected.sent + 4


async def test_a_figure_that_is_wrong_is_found(shop: Workshop) -> None:
    """One message more than there is, one that was forgotten, and the hour and reason they are of."""
    fates = await meet_fates(shop)
    await shop.queue.fold()
    await shop.connection.execute(
        "UPDATE stat_hourly SET n = n + 1 WHERE reason = 'Unregistered' AND event_type = 2"
    )
    await shop.connection.execute("UPDATE message SET sent_at = now() WHERE id = $1", fates.canceled)
    await shop.connection.execute("UPDATE stat_total SET n = n + 5 WHERE event_type = 5")
    found = await figures(shop).recount(None)
    told = {(one.event_type, one.reason): one.found - one.counted for one in found.mismatches}
    assert told == {
        (MessageEventType.FAILED, "Unregistered"): -1,
        (MessageEventType.SENT, ""): 1,
        (MessageEventType.RECEIVED, ""): -5,
    }


async def test_totals_of_an_hour_follow_whatever_happens_to_its_rows(shop: Workshop) -> None:
    """Rows that are new, changed and taken away leave totals that are their sum, whoever wrote them."""
    fates = await meet_fates(shop)
    await shop.queue.fold()
    await shop.connection.execute("UPDATE stat_hourly SET n = n * 3 WHERE country = 'KR'")
    await shop.connection.execute("DELETE FROM stat_hourly WHERE event_type = 2")
    wanted = Slice(application_id=fates.application_id, period=day(shop))
    by_country = await figures(shop).counts(attrs.evolve(wanted, group_by=(Dimension.COUNTRY,)), limit=9)
    (total,) = await figures(shop).counts(wanted, limit=1)
    assert figures_of(total.counts) == added_up(figures_of(row.counts) for row in by_country)
    assert (figures_of(total.counts).sent, figures_of(total.counts).failed) == (8 * 3 + 4, 0)


async def test_they_are_told_apart_by_every_dimension(shop: Workshop) -> None:
    """Country, template, provider, reason and a version cut to length; filters let through what they name."""
    fates = await meet_fates(shop)
    store = figures(shop)

    async def by(*dimensions: Dimension, **filters: object) -> dict[tuple[object, ...], Figures]:
        wanted = Slice(
            application_id=fates.application_id,
            period=day(shop),
            group_by=dimensions,
            filters={Dimension(name): value for name, value in filters.items()},  # type: ignore[misc]
        )
        return {row.group: figures_of(row.counts) for row in await store.counts(wanted, limit=50)}

    countries = await by(Dimension.COUNTRY)
    assert {group: (one.sent, one.received, one.converted) for group, one in countries.items()} == {
        ("KR",): (8, 7, 5), ("US",): (4, 0, 0), ("",): (0, 0, 0),
    }  # fmt: skip
    received = await by(Dimension.TEMPLATE, Dimension.PROVIDER, Dimension.APP_VERSION, country="KR")
    assert received[TEMPLATE, "apns", "9" * 32].converted == 5
    reasons = await by(Dimension.REASON, Dimension.CHANNEL, type=IOS)
    assert {group[0]: one.failed for group, one in reasons.items() if one.failed} == {
        "BadDeviceToken": 1, "Unregistered": 1, "expired": 1,
    }  # fmt: skip
    assert {group[1] for group in reasons} == {1}


async def test_days_are_those_of_the_zone_and_times_to_open_are_kept(shop: Workshop) -> None:
    """Hours add up to the day they belong to in Seoul; five opened after a minute and a half."""
    fates = await meet_fates(shop)
    store = figures(shop)
    period = day(shop, Granularity.HOUR)
    hours = await store.counts(
        Slice(application_id=fates.application_id, period=period, by_bucket=True), limit=100
    )
    days = await store.counts(
        Slice(application_id=fates.application_id, period=day(shop), by_bucket=True), limit=100
    )
    for one in days:
        assert one.bucket is not None
        end = one.bucket + timedelta(days=1)
        inside = [row.counts for row in hours if row.bucket is not None and one.bucket <= row.bucket < end]
        sent = sum(counts[MessageEventType.SENT] for counts in inside)
        assert one.counts[MessageEventType.SENT] == sent
    assert sum(one.counts[MessageEventType.SENT] for one in days) == 12
    (times,) = (await store.open_times(Slice(application_id=fates.application_id, period=day(shop)))).values()
    assert times.classes == {2: 5}
    assert 5 * 89 < times.seconds < 5 * 120
