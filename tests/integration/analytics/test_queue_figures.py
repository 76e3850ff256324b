"""What waits in an application's queue, at this moment."""

from __future__ import annotations

from adapters.postgres.queue_figures import PostgresQueueFigures
from application.ports.queue_figures import QueueTally
from tests.integration.pipeline.workshop import Workshop


async def test_what_waits_is_told_of_one_application(shop: Workshop) -> None:
    """Three messages of one application wait, then a worker has them, then none waits; nothing is told of another's."""
    app, other = await shop.application(), await shop.application()
    figures = PostgresQueueFigures(shop.engine)
    await shop.send(app, await shop.subscriptions(app, 3))
    waiting = await figures.queue(app)
    assert (waiting.total, waiting.in_delivery) == (3, 0)
    assert await figures.queue(other) == QueueTally()
    worker = await shop.worker()
    await shop.lease_all(worker)
    assert await figures.queue(app) == QueueTally(in_delivery=3)
