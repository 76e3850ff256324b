"""The world of a scenario: a node of the product on real servers, its worker and scheduler running, a clock to turn.

Scenarios of a file share it as long as each leaves nothing behind that the next one could notice.

Steps are synchronous: the scenario's event loop runs while a step waits for something, and the node with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID, uuid4

import attrs
from dependency_injector import providers

from adapters.postgres.engine import raw_connection
from application.messaging.accept_command import AcceptResult
from application.ports.doorbells import Ring
from bootstrap.node import Node, open_node
from bootstrap.roles import run_scheduler, run_worker
from bootstrap.settings import Settings
from bootstrap.use_cases import UseCases
from domain.campaigns.lifecycle import CampaignStatus
from domain.shared.channels import Lane, SubscriptionType
from domain.shared.errors import SignalError
from tests.bdd.push_providers import PushProviders

if TYPE_CHECKING:
    from tests.bdd.sdk_hands import SdkHands

Result = TypeVar("Result")

PATIENCE = 20.0
"""Seconds that a step waits for what must happen."""
STILLNESS = 0.4
"""Seconds that a step watches for what must not happen: four turns of the releaser."""
PROVIDER_TIMEOUT = 2.0
_LEFT = """
SELECT EXISTS (SELECT FROM dispatch_chunk) OR EXISTS (SELECT FROM message_retry)
    OR EXISTS (SELECT FROM campaign WHERE status = ANY($1))
"""
_UNDER_WAY = [CampaignStatus.SCHEDULED, CampaignStatus.SENDING, CampaignStatus.PAUSED]


class TurnedClock:
    """The real clock, ahead by what the scenario says has passed."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@attrs.define
class Shop:
    """An application, and the keys that its servers hold: the `first` one, and others that a scenario adds."""

    name: str
    id: UUID
    keys: dict[str, str] = attrs.field(repr=False)
    pushes_to_android: bool = False


@attrs.define
class Phone:
    """One install of the shop's app, with what its SDK remembers."""

    name: str
    shop: Shop
    type: SubscriptionType
    install_name: str
    token: str = attrs.field(repr=False)
    secret: str | None = attrs.field(default=None, repr=False)
    install_id: UUID | None = None
    subscriptions: dict[SubscriptionType, UUID] = attrs.field(factory=dict)

    @property
    def push(self) -> UUID:
        """The id of its push subscription."""
        return self.subscriptions[self.type]


@attrs.define
class Sent:
    """The messages of one title: whose they are, and their ids in the order in which they were accepted."""

    shop: Shop
    ids: list[UUID] = attrs.field(factory=list)


class World:
    """What a scenario knows, and how its steps wait."""

    def __init__(
        self, runner: asyncio.Runner, node: Node, clock: TurnedClock, push_providers: PushProviders
    ) -> None:
        self._runner = runner
        self._stopping = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._scheduler: asyncio.Task[None] | None = None
        self.node = node
        self.clock = clock
        self.providers = push_providers
        self.begin()

    def begin(self) -> None:
        """A new scenario: nothing is known, and the providers have forgotten the last one."""
        self.providers.forget()
        self.shops: dict[str, Shop] = {}
        self.phones: dict[str, Phone] = {}
        self.messages: dict[str, Sent] = {}
        """By title."""
        self.answers: list[AcceptResult] = []
        self.hands: SdkHands | None = None
        """Set: phones run the SDK itself, else its calls are made as use cases."""
        self.refusal: SignalError | None = None
        """What the last attempt was refused with; a step must look at it before the scenario ends."""

    def is_as_before(self) -> bool:
        """Nothing that runs by itself is left of this scenario, and nothing that it turned; its shops are nobody else's."""
        untouched = self.hands is None and not self.clock.ahead
        return untouched and not self.run(self.value(_LEFT, _UNDER_WAY)) and not self._ended()

    def _ended(self) -> list[asyncio.Task[None]]:
        return [part for part in (self._worker, self._scheduler) if part is not None and part.done()]

    @property
    def use_cases(self) -> UseCases:
        return self.node.use_cases

    @property
    def shop(self) -> Shop:
        """The shop that the scenario is about: the first one that opened."""
        return next(iter(self.shops.values()))

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a use case to its end; a refusal ends the scenario."""
        return self._runner.run(work)

    def attempt(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """Run a use case that may be refused."""
        assert self.refusal is None, f"nobody looked at the refusal {self.refusal!r}"
        try:
            return self.run(work)
        except SignalError as refused:
            self.refusal = refused
            return None

    def until(self, holds: Callable[[], Awaitable[object]], what: str) -> None:
        """Wait until `holds` answers something true; fail after 20 seconds, saying `what` did not happen."""
        self.run(self._until(holds, what))

    async def _until(self, holds: Callable[[], Awaitable[object]], what: str) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not await holds():
            assert not self._ended(), f"ended while the scenario waited: {self._ended()}"
            assert asyncio.get_running_loop().time() < deadline, f"waited in vain: {what}"
            await asyncio.sleep(0.02)

    def be_still(self) -> None:
        """Let everything run for a moment in which nothing must happen."""
        self.run(asyncio.sleep(STILLNESS))

    async def queue_length(self) -> int:
        """Chunks that are queued, in delivery or not settled yet."""
        return int(await self.value("SELECT count(*) FROM dispatch_chunk"))

    async def value(self, query: str, *values: object) -> Any:
        """One value from the database: what no use case tells."""
        async with raw_connection(self.node.infrastructure.control()) as connection:
            return await connection.fetchval(query, *values)

    def start(self) -> None:
        """Start worker and scheduler, once; called while the loop runs."""
        if self._worker is None:
            self._worker = asyncio.create_task(run_worker(self.node, self._stopping))
            self._scheduler = asyncio.create_task(run_scheduler(self.node, self._stopping))

    async def stop(self) -> None:
        """Drain and end what was started."""
        await self.use_cases.accept_messages().close()
        await self.use_cases.receipt_gatherer().close()
        await self.use_cases.gathered_registrations().close()
        if self._worker is not None and self._scheduler is not None:
            self._stopping.set()
            await self._scheduler
            # It listens for a second at a time, to each lane and channel: rings for no chunk at all spare the wait.
            channels = [plugin.channel for plugin in self.node.infrastructure.plugins()]
            rings = [Ring(lane, channel, uuid4()) for lane in Lane for channel in channels]
            await self.node.infrastructure.doorbells().ring(rings)
            await self._worker


@contextmanager
def open_world(
    *, database_url: str, nats_url: str, prefix: str, folder: Path, push_providers: PushProviders
) -> Iterator[World]:
    """Yield a connected world; at the end everything is drained and closed."""
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=database_url,  # type: ignore[arg-type]
        nats_url=nats_url,  # type: ignore[arg-type]
        SIGNAL_DATA_FOLDER=folder,
        SIGNAL_NATS_PREFIX=prefix,
        provider_timeout=PROVIDER_TIMEOUT,
        provider_connections=1,
        **push_providers.addresses(),  # type: ignore[arg-type]
    )
    clock = TurnedClock()
    with asyncio.Runner() as runner:
        everything = AsyncExitStack()
        try:
            node = runner.run(everything.enter_async_context(open_node(settings, "all")))
            node.infrastructure.clock.override(providers.Object(clock))
            world = World(runner, node, clock, push_providers)
            everything.push_async_callback(world.stop)
            yield world
        finally:
            runner.run(everything.aclose())
