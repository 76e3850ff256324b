"""Messages that meet every fate there is, through the stores that settle, receive, cancel and expire them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import attrs

from adapters.channels.push import plugin
from adapters.postgres.analytics import PostgresAnalytics
from adapters.postgres.cancellation import PostgresCancellation
from adapters.postgres.receipts import PostgresReceipts
from application.messaging.record_receipts import Receipt, RecordReceipts
from application.ports.provider_directory import ProviderDirectory
from domain.messaging.event import MessageEventType, Source
from domain.messaging.outcome import Accepted, Deferred, Outcome, Rejected
from tests.integration.pipeline.workshop import Workshop

OUTCOMES: Sequence[Outcome] = (
    *[Accepted()] * 12, Rejected("BadDeviceToken"), Rejected("Unregistered"), *[Deferred("InternalServerError")] * 2,
)  # fmt: skip
TEMPLATE = UUID(int=7)


@attrs.frozen
class Fates:
    """What was done, by the ids it was done to."""

    application_id: UUID
    sent: Sequence[UUID]
    errored: Sequence[UUID]
    canceled: UUID


def figures(shop: Workshop) -> PostgresAnalytics:
    """The store of figures, on an engine as the control plane's."""
    return PostgresAnalytics(shop.engine)


async def meet_fates(shop: Workshop) -> Fates:
    """Sixteen messages to Korea and the United States: sent, failed, errored, received, converted; two canceled or expired."""
    app = await shop.application()
    subscriptions = await shop.subscriptions(app, len(OUTCOMES))
    await shop.connection.execute(
        "UPDATE subscription SET country_code = CASE WHEN id = ANY($1::uuid[]) THEN 'KR' ELSE 'US' END,"
        " app_version = repeat('9', 40)",
        subscriptions[:8],
    )
    await shop.send(app, subscriptions)
    await shop.connection.execute(
        "UPDATE content SET template = jsonb_build_object('id', $1::text)", str(TEMPLATE)
    )
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    await shop.settle(worker, chunk, OUTCOMES)
    ids = list(chunk.message_ids)
    sent, errored = ids[:12], ids[14:]
    await _receive(shop, app, sent)
    cancellation = PostgresCancellation(shop.engine, shop.ids)
    await cancellation.cancel(app, errored[0], source=Source.API, now=shop.clock.now())
    await shop.send(app, subscriptions[:1], ttl_seconds=60, send_at=shop.clock.now() + timedelta(seconds=30))
    await shop.queue.expire(shop.clock.now() + timedelta(hours=1))
    return Fates(app, sent, errored, errored[0])


async def _receive(shop: Workshop, app: UUID, sent: Sequence[UUID]) -> None:
    """Six received, of which four converted; one converted that nobody saw received; each told twice."""
    record = RecordReceipts(
        PostgresReceipts(shop.engine, shop.clock, shop.ids, ProviderDirectory([plugin])), shop.clock
    )
    owners = dict(
        tuple(row)
        for row in await shop.connection.fetch(
            "SELECT id, subscription_id FROM message WHERE application_id = $1", app
        )
    )
    now = datetime.now(UTC)

    def receipts(ids: Sequence[UUID], kind: MessageEventType, after: float) -> list[Receipt]:
        when = now + timedelta(seconds=after)
        return [Receipt(None, id_, owners[id_], kind, when) for id_ in ids]

    for _ in range(2):
        await record(app, receipts(sent[:6], MessageEventType.RECEIVED, 1), Source.SDK)
        await record(app, receipts(sent[2:7], MessageEventType.CONVERTED, 90), Source.SDK)
        await record(app, receipts(sent[6:7], MessageEventType.RECEIVED, 95), Source.SDK)
        await record(app, receipts(sent[:3], MessageEventType.CLICKED, 100), Source.SDK)
