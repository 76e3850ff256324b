"""A worker without fence and pulse, to prove that the audit would notice: it sends and settles whatever it ever leased.

`python -m tests.chaos.unfenced_worker`; everything but the store's settlement and the trust in its own beat is the product's.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import attrs
import uvloop
from dependency_injector import providers

from adapters.postgres.commit import committing
from adapters.postgres.engine import raw_connection
from adapters.postgres.presence import PostgresPresence
from adapters.postgres.settle import settle
from adapters.postgres.worker_store import PostgresWorkerStore
from application.ports.chunk_settlement import ChunkSettlement, SettleReport
from bootstrap.log_setup import set_up_logging
from bootstrap.node import open_node
from bootstrap.roles import run_worker
from bootstrap.settings import Settings

_HOLDERS = "SELECT id, fence, worker FROM dispatch_chunk WHERE id = ANY($1::uuid[]) AND state = 2"


class UnfencedWorkerStore(PostgresWorkerStore):
    """Settles under the present holder's name and fence."""

    async def settle(
        self, worker: UUID, settlements: Sequence[ChunkSettlement], now: datetime
    ) -> SettleReport:
        written, lost = 0, []
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            rows = await connection.fetch(_HOLDERS, [one.chunk.id for one in settlements])
            holders = {row["id"]: row for row in rows}
            for one in settlements:
                holder = holders.get(one.chunk.id)
                if holder is None:
                    lost.append(one.chunk.id)
                    continue
                forged = attrs.evolve(one, chunk=attrs.evolve(one.chunk, fence=holder["fence"]))
                report = await settle(
                    connection, holder["worker"], [forged], now, self._identifiers, self._providers
                )
                written += report.written
        return SettleReport(lost=lost, written=written)


class TrustingPresence(PostgresPresence):
    """Takes itself for alive, however long its beat was not confirmed."""

    def alive(self) -> bool:
        return True


async def main() -> None:
    """As `bootstrap.role` runs a worker."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    loop.add_reader(sys.stdin.fileno(), stopping.set)
    async with open_node(Settings(), "worker") as node:
        infrastructure = node.infrastructure
        store = UnfencedWorkerStore(
            infrastructure.hot(), infrastructure.identifiers(), infrastructure.provider_directory()
        )
        infrastructure.worker_store.override(providers.Object(store))
        presence = TrustingPresence(infrastructure.database_url(), infrastructure.identifiers())
        infrastructure.presence.override(providers.Object(presence))
        await run_worker(node, stopping)


if __name__ == "__main__":
    set_up_logging(form="text", level="INFO", role="worker")
    uvloop.run(main())
