"""Figures of campaigns: by campaign and template, whether it was finished or canceled half-way; and who its recipients were."""

from __future__ import annotations

import csv
import io

from adapters.postgres.analytics import PostgresAnalytics
from adapters.postgres.report_rows import PostgresReportRows
from application.analytics.figures import figures_of
from application.ports.analytics import Slice
from domain.analytics.dimension import Dimension
from domain.analytics.period import Granularity, Period
from domain.reports.columns import Format, Subject
from domain.reports.export import EARLIEST, Report
from tests.integration.campaigns.world import open_world
from tests.integration.pipeline.workshop import ANDROID


async def test_campaigns_are_counted_and_canceled_ones_too(database_url: str) -> None:
    """Two campaigns, one canceled while it was sent: each has its own figures, which a recount finds."""
    async with open_world(database_url) as world:
        app = await world.application()
        await world.subscriptions(app, 60)
        await world.subscriptions(app, 30, type_=ANDROID)
        whole, half = await world.draft(app), await world.draft(app)
        for campaign in (whole, half):
            await world.launch(app, campaign)
        await world.fan_out_all()
        await world.act("cancel", app, half)
        await world.run()
        while await world.queue.fold():
            pass
        store = PostgresAnalytics(world.control)
        now = world.clock.now()
        period = Period.of(now.replace(minute=0), now, "UTC", Granularity.DAY)
        wanted = Slice(application_id=app, period=period, group_by=(Dimension.CAMPAIGN,))
        found = {row.group[0]: figures_of(row.counts) for row in await store.counts(wanted, limit=9)}
        assert (found[whole].accepted, found[whole].sent, found[whole].canceled) == (90, 90, 0)
        assert (found[half].accepted, found[half].sent, found[half].canceled) == (90, 0, 90)
        proof = await store.recount(app)
        assert (proof.mismatches, proof.unfolded) == ([], 0)

        report = Report(
            application_id=app, subject=Subject.RECIPIENTS, format=Format.CSV, since=EARLIEST, until=now,
            campaign_id=whole,
        )  # fmt: skip
        rows, cursor, pieces = PostgresReportRows(world.engine, rows_at_once=40), None, []
        while True:
            page = await rows.page(report, cursor)
            pieces.append(page.data)
            if (cursor := page.cursor) is None:
                break
        told = list(csv.DictReader(io.StringIO(b"".join(pieces).decode())))
        assert (len(pieces), len({line["subscription_id"] for line in told}), len(told)) == (3, 90, 90)
        assert {line["type"] for line in told} == {"iOSPush", "AndroidPush"}
