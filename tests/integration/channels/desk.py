"""A pipeline with channels that charge: the workshop's stores, real workers' parts, and providers played by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import attrs

from adapters.crypto.keyring import Keyring
from adapters.crypto.vault import AesGcmVault
from adapters.postgres.addresses import PostgresAddresses
from adapters.postgres.cancellation import PostgresCancellation
from adapters.postgres.claims import PostgresClaims
from adapters.postgres.credentials import PostgresCredentials
from adapters.postgres.fallbacks import PostgresFallbacks
from adapters.postgres.messages import PostgresMessages
from adapters.postgres.receipts import PostgresReceipts
from adapters.postgres.templates import PostgresTemplates
from adapters.postgres.worker_store import PostgresWorkerStore
from adapters.system.identifiers import SystemRandomness
from adapters.templating.engine import LiquidTemplating
from application.applications.commands import SetCredentialCommand
from application.applications.set_credential import SetCredential
from application.dispatch.claim_sends import ClaimSends
from application.dispatch.credential_cache import CredentialCache
from application.dispatch.deliver_chunk import DeliverChunk
from application.dispatch.rendering import Rendering
from application.dispatch.resolve_unknown import ResolveUnknown
from application.dispatch.settle_loop import SettleLoop
from application.messaging.accept_command import AcceptResult
from application.messaging.accept_messages import AcceptMessagesUseCase
from application.messaging.advance_fallbacks import AdvanceFallbacks
from application.messaging.record_receipts import RecordReceipts
from application.messaging.record_reports import RecordReports
from application.messaging.scripts import Scripts
from application.ports.channels import ChannelSender, Envelope
from application.ports.leased_chunk import Chunk
from application.ports.provider_directory import ProviderDirectory
from domain.messaging.client_ref import client_ref
from domain.messaging.event import Source
from domain.shared.channels import Channel, SubscriptionType
from tests.accepting import accept_messages
from tests.integration.channels.played import PlayedPlugin
from tests.integration.pipeline.workshop import Workshop, command, open_workshop

SMS = SubscriptionType.SMS
TEXT = {Channel.SMS: {"text": "인증번호 482913"}}


@attrs.define
class Desk:
    """One application, its channels and one worker at a time."""

    shop: Workshop
    plugins: Mapping[SubscriptionType, PlayedPlugin]
    keyring: Keyring = attrs.field(factory=Keyring.generate)
    directory_of: ProviderDirectory | None = None
    """Instead of the played plug-ins'."""
    senders_of: Mapping[int, ChannelSender] | None = None

    @property
    def vault(self) -> AesGcmVault:
        return AesGcmVault(self.keyring)

    @property
    def plugin(self) -> PlayedPlugin:
        return self.plugins[SMS]

    @property
    def directory(self) -> ProviderDirectory:
        return self.directory_of or ProviderDirectory(list(self.plugins.values()))

    @property
    def senders(self) -> Mapping[int, ChannelSender]:
        return self.senders_of or {int(plugin.channel): plugin.sender for plugin in self.plugins.values()}

    @property
    def worker_store(self) -> PostgresWorkerStore:
        return PostgresWorkerStore(self.shop.kept_plans, self.shop.ids, self.directory)

    @property
    def rendering(self) -> Rendering:
        return Rendering(LiquidTemplating(), self.shop.sealed_variables, self.directory.plugins)

    @property
    def claims(self) -> PostgresClaims:
        return PostgresClaims(self.shop.engine, self.shop.ids)

    @property
    def credentials(self) -> CredentialCache:
        return CredentialCache(PostgresCredentials(self.shop.engine), self.vault, self.directory)

    @property
    def receipts(self) -> RecordReceipts:
        return RecordReceipts(
            PostgresReceipts(self.shop.engine, self.shop.clock, self.shop.ids), self.shop.clock
        )

    @property
    def reports(self) -> RecordReports:
        addresses = PostgresAddresses(self.shop.engine, self.shop.ids)
        return RecordReports(self.receipts, addresses, self.directory, self.vault, self.shop.clock)

    @property
    def advance_fallbacks(self) -> AdvanceFallbacks:
        shop = self.shop
        return AdvanceFallbacks(
            PostgresFallbacks(shop.engine),
            shop.group,
            PostgresCancellation(shop.engine, shop.ids),
            shop.profiles,
            shop.clock,
            scripts=Scripts(PostgresTemplates(shop.engine), LiquidTemplating(), self.directory.plugins),
            variables=shop.sealed_variables,
        )

    @property
    def accept(self) -> AcceptMessagesUseCase:
        shop = self.shop
        return accept_messages(
            shop.group, shop.engine, shop.clock, window=0.0, plugins=self.directory.plugins
        )

    async def application(self, **settings: object) -> UUID:
        """An application with a credential for the first provider of each channel."""
        application_id = await self.shop.application(**settings)
        for plugin in self.plugins.values():
            await self.put_credential(application_id, next(iter(plugin.providers)))
        return application_id

    async def put_credential(self, application_id: UUID, provider: str) -> None:
        put = SetCredential(
            credentials=PostgresCredentials(self.shop.engine),
            providers=self.directory,
            vault=self.vault,
            clock=self.shop.clock,
            randomness=SystemRandomness(),
        )
        await put(
            SetCredentialCommand(application_id=application_id, provider=provider, fields={"api_key": "k"})
        )

    async def subscriptions(
        self, application_id: UUID, *addresses: str, type_: SubscriptionType = SMS, user: UUID | None = None
    ) -> list[UUID]:
        """One subscribed subscription for each address."""
        ids = await self.shop.subscriptions(application_id, len(addresses), type_=int(type_), user=user)
        for id_, address in zip(ids, addresses, strict=True):
            sealed = self.vault.seal(address, application_id=application_id, row=str(id_), column="token")
            index, key_id = self.vault.blind_index(address, application_id=application_id)
            await self.shop.connection.execute(
                "UPDATE subscription SET token_ciphertext = $2, token_key_id = $3, token_index = $4,"
                " token_index_key_id = $5 WHERE id = $1",
                id_,
                sealed.ciphertext,
                sealed.key_id,
                index,
                key_id,
            )
        return ids

    async def send(
        self, application_id: UUID, subscriptions: Sequence[UUID], **options: object
    ) -> list[UUID]:
        """Accept one message for each; answer their ids."""
        result = await self.accept_all(application_id, subscriptions, **options)
        assert not result.errors
        return list(result.message_ids)

    async def accept_all(
        self, application_id: UUID, subscriptions: Sequence[UUID], **options: object
    ) -> AcceptResult:
        """Accept one message for each."""
        options.setdefault("content", TEXT)
        return await self.accept(command(application_id, subscriptions, **options))

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Delivering]:
        """The parts of one worker; everything is settled on leaving."""
        incarnation = await self.shop.worker()
        store = self.worker_store
        settle = SettleLoop(
            incarnation,
            store,
            self.shop.profiles,
            self.shop.clock,
            self.shop.dice,
            self.receipts.confirm_sends,
        )
        claim = ClaimSends(incarnation, self.claims, self.directory, self.shop.clock)
        deliver = DeliverChunk(self.senders, self.vault, self.rendering, self.shop.clock, settle, claim)
        running = asyncio.create_task(settle.run())
        try:
            yield Delivering(self, incarnation, store, settle, deliver)
            await settle.stop()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def deliver(self) -> int:
        """Release, lease and deliver everything that is due; answer how many messages were leased."""
        await self.shop.queue.release(self.shop.clock.now())
        async with self.worker() as worker:
            chunks = await worker.lease()
            for chunk in chunks:
                await worker.work(chunk)
        return sum(len(chunk.message_ids) for chunk in chunks)

    async def resolve(self, **later: float) -> int:
        """Ask about unknown outcomes, `later` than now."""
        self.shop.clock.shift += timedelta(**later)
        resolve = ResolveUnknown(
            self.claims,
            self.worker_store,
            self.credentials,
            self.senders,
            self.directory,
            self.shop.profiles,
            self.vault,
            self.shop.clock,
            self.shop.ids,
            self.shop.dice,
        )
        return await resolve()

    async def take_over(self) -> None:
        """All workers are dead; the reconciler notices."""
        await self.shop.connection.execute("UPDATE worker SET beat_at = now() - interval '2 minutes'")
        await self.shop.queue.take_over(self.shop.clock.now())

    async def due_in(self, table: str) -> timedelta:
        """How long until the last row of a table is due, and a second more."""
        last = await self.shop.connection.fetchval(f"SELECT max(due_at) FROM {table}")
        return max(timedelta(), last - self.shop.clock.now()) + timedelta(seconds=1)

    @staticmethod
    def minutes(n: int) -> timedelta:
        return timedelta(minutes=n)

    @staticmethod
    def envelope(message_id: UUID) -> Envelope:
        """The envelope of a first attempt."""
        return Envelope(message_id, message_id, "", {}, 1, client_ref=client_ref(message_id, 1))

    async def claim(
        self, worker: UUID, chunk: Chunk, envelopes: Sequence[Envelope]
    ) -> Collection[UUID] | None:
        """Claim as a worker does, and nothing more."""
        claim = ClaimSends(worker, self.claims, self.directory, self.shop.clock)
        return await claim(chunk, next(iter(self.plugin.providers)), envelopes)

    async def cancel(self, application_id: UUID, message_id: UUID) -> None:
        now = self.shop.clock.now()
        cancellation = PostgresCancellation(self.shop.engine, self.shop.ids)
        await cancellation.cancel(application_id, message_id, source=Source.API, now=now)

    async def requeue(self, application_id: UUID, message_id: UUID) -> None:
        now = self.shop.clock.now()
        cancellation = PostgresCancellation(self.shop.engine, self.shop.ids)
        await cancellation.requeue(application_id, message_id, source=Source.OPERATOR, now=now)

    async def message(self, id_: UUID) -> Mapping[str, object]:
        row = await self.shop.connection.fetchrow("SELECT * FROM message WHERE id = $1", id_)
        assert row is not None
        return dict(row)

    async def events(self, id_: UUID) -> list[tuple[int, str | None]]:
        """(event type, reason) in order."""
        found = await PostgresMessages(self.shop.engine).events(id_)
        return [(int(event.event_type), event.reason) for event in found]

    async def count(self, table: str, where: str = "true") -> int:
        return int(await self.shop.connection.fetchval(f"SELECT count(*) FROM {table} WHERE {where}"))


@attrs.frozen
class Delivering:
    """One worker's parts."""

    desk: Desk
    incarnation: UUID
    store: PostgresWorkerStore
    settle: SettleLoop
    deliver: DeliverChunk

    async def lease(self) -> list[Chunk]:
        rows = await self.desk.shop.connection.fetch(
            "SELECT id FROM dispatch_chunk WHERE state = 1 ORDER BY id"
        )
        return list(await self.store.lease(self.incarnation, [row["id"] for row in rows]))

    async def work(self, chunk: Chunk) -> None:
        """What `application.dispatch.work.Worker` does with a chunk."""
        self.settle.open(chunk)
        loaded = await self.store.load([chunk])
        stored = await self.store.contents(sorted({one.content_id for one in loaded.values()}))
        prepare = self.desk.rendering.prepare
        contents = {id_: prepare(chunk.channel, one) for id_, one in stored.items()}
        profile = await self.desk.shop.profiles.of(chunk.application_id)
        assert profile is not None
        credential = await self.desk.credentials.for_type(chunk.application_id, chunk.type, profile.providers)
        await self.deliver(chunk, loaded, contents, credential, profile, lambda: True)


@asynccontextmanager
async def open_desk(database_url: str, *plugins: PlayedPlugin) -> AsyncIterator[Desk]:
    async with open_workshop(database_url) as shop:
        yield Desk(shop, {plugin.types[0]: plugin for plugin in plugins or (PlayedPlugin(),)})
