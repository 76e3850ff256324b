"""What tests of webhooks stand on: rows, a vault, the use cases, a deliverer whose clock a test turns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import attrs

from adapters.crypto.keyring import Keyring
from adapters.crypto.vault import AesGcmVault
from adapters.postgres.engine import raw_connection
from adapters.postgres.outbox import PostgresOutbox, write_outbox
from adapters.postgres.owed_deliveries import PostgresOwedDeliveries
from adapters.postgres.webhooks import PostgresWebhooks
from adapters.system.identifiers import SystemRandomness
from adapters.telemetry.measures import ProcessMeasures
from adapters.webhooks.poster import HttpWebhookPoster
from application.messaging.publish_events import PublishEvents
from application.ports.event_stream import OutboxRow, OutgoingEvent
from application.webhooks.commands import CreatedWebhook, CreateWebhookCommand
from application.webhooks.deliver_webhooks import DeliverWebhooks
from application.webhooks.manage_webhooks import CreateWebhook
from domain.messaging.event import MessageEventType
from domain.shared.channels import SubscriptionType
from domain.webhooks.destination import parse_networks
from tests.integration.messaging.rows import Rows, open_rows
from tests.integration.webhooks.receiver import Receiver, receiving

LOOPBACK = parse_networks("127.0.0.0/8")


class StoringStream:
    """A stream that stores everything at once: NATS has its own tests."""

    async def publish(self, rows: list[OutboxRow]) -> list[int]:
        return [row.id for row in rows]


@attrs.define
class Hooks:
    rows: Rows
    receiver: Receiver
    vault: AesGcmVault
    keyring: Keyring
    webhooks: PostgresWebhooks
    owed: PostgresOwedDeliveries
    poster: HttpWebhookPoster
    measures: ProcessMeasures
    application: UUID

    @property
    def deliver(self) -> DeliverWebhooks:
        """A new process that delivers."""
        return DeliverWebhooks(
            self.owed, self.poster, self.vault, self.rows.clock, SystemRandomness(), self.measures
        )

    async def listen(self, path: str, *event_types: str, application: UUID | None = None) -> CreatedWebhook:
        create = CreateWebhook(
            webhooks=self.webhooks,
            vault=self.vault,
            networks=LOOPBACK,
            clock=self.rows.clock,
            identifiers=self.rows.ids,
            randomness=SystemRandomness(),
        )
        return await create(
            CreateWebhookCommand(
                application_id=application or self.application,
                url=self.receiver.url(path),
                event_types=event_types,
            )
        )

    async def happen(self, n: int = 1, kind: MessageEventType = MessageEventType.SENT) -> list[UUID]:
        """Message events of the application are written, and leave the outbox."""
        events = [
            OutgoingEvent(
                self.application, kind, self.rows.ids.one(), self.rows.ids.one(), self.rows.ids.one(),
                SubscriptionType.IOS_PUSH, datetime.now(UTC),
            )
            for _ in range(n)
        ]  # fmt: skip
        async with raw_connection(self.rows.engine) as connection:
            await write_outbox(connection, events, self.rows.clock.now())
        await self.publish()
        return [one.id for one in events]

    async def publish(self) -> int:
        return await PublishEvents(PostgresOutbox(self.rows.engine), StoringStream())()

    async def deliver_due(self, after: timedelta = timedelta()) -> int:
        """Everything that is due after this time, posted by a process of its own."""
        self.rows.clock.shift += after
        deliver, done = self.deliver, 0
        while started := await deliver.start_due():
            done += started
            await deliver.finish()
        return done


@asynccontextmanager
async def open_hooks(database_url: str) -> AsyncIterator[Hooks]:
    async with open_rows(database_url) as rows, receiving() as receiver:
        keyring = Keyring.generate()
        vault = AesGcmVault(keyring)
        poster = HttpWebhookPoster(LOOPBACK)
        yield Hooks(
            rows,
            receiver,
            vault,
            keyring,
            PostgresWebhooks(rows.engine),
            PostgresOwedDeliveries(rows.engine, rows.ids),
            poster,
            ProcessMeasures(),
            await rows.application(),
        )
        await poster.close()
