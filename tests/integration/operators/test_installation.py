"""What is under way: the queue of an application, and the lanes, workers and database of the installation."""

from __future__ import annotations

from adapters.postgres.installation import PostgresInstallation
from application.ports.installation import QueueTally

from domain.shared.channels import Channel
from tests.integration.pipeline.workshop import open_workshop


async def test_what_waits_is_told_by_application_and_by_lane(database_url: str) -> None:
    """Three messages of one application wait, none of another's; a worker that started is there; delivered, nothing waits."""
    async with open_workshop(database_url) as shop:
        app, other = await shop.application(), await shop.application()
        await shop.send(app, await shop.subscriptions(app, 3))
        installation = PostgresInstallation(shop.engine)
        assert (await installation.queue(app)).total == 3
        assert await installation.queue(other) == QueueTally()
        worker = await shop.worker()
        reading = await installation.read()
        assert [(lane.channel, lane.queue.total) for lane in reading.lanes] == [(Channel.PUSH, 3)]
        assert worker in {one.incarnation for one in reading.workers}
        assert reading.database.hold_reason is None
        await shop.deliver_everything(worker)
        assert (await installation.queue(app)).total == 0
        assert (await installation.read()).lanes == []
