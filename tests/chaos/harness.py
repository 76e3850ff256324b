"""The installation that is broken on purpose: PostgreSQL, NATS, simulator, API, scheduler and two workers, and who kills them.

Nothing is supervised: what a scenario kills, it starts again itself, so that the moment is known.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import attrs
import httpx
import psutil

from adapters.crypto.vault import AesGcmVault
from adapters.postgres.analytics import PostgresAnalytics
from adapters.postgres.engine import open_engine
from adapters.postgres.ledger_evidence import PostgresLedgerEvidence
from adapters.system.identifiers import Uuid7
from application.analytics.check_figures import CheckFigures
from application.analytics.commands import CheckFiguresCommand
from application.ports.analytics import Recount
from application.quota.check_ledger import CheckLedger, LedgerReport
from application.quota.commands import CheckLedgerCommand
from bootstrap.embedded.embedded_server import EmbeddedServer
from bootstrap.infrastructure import keyring_of
from bootstrap.settings import Settings
from bootstrap.stack import Stack
from bootstrap.stack.role_process import RoleProcess
from bootstrap.stack.stack_state import StackState
from domain.shared.channels import SubscriptionType
from tests.chaos.waiting import until
from tests.integration.simulator.harness import TOPIC, ApnsKeyPair, ServiceAccountPair, device_token

WORKERS = ("worker", "worker-3")
"""Labels of the two workers: the stack numbers a name that repeats."""
ROLES = ("api", "worker", "worker", "scheduler")
_PRESENT = (
    "SELECT count(*) = $2 FROM worker WHERE pid = ANY($1::int[]) AND beat_at > now() - interval '4 seconds'"
)
_IN_HAND = """
SELECT coalesce(sum(c.n), 0) FROM dispatch_chunk c JOIN worker w ON w.incarnation = c.worker WHERE c.state = 2 AND w.pid = $1
"""
_QUIET = "SELECT count(*) = 0 FROM pg_stat_activity WHERE client_port = ANY($1::int[]) AND state = 'active'"
TYPES = (SubscriptionType.IOS_PUSH, SubscriptionType.ANDROID_PUSH)


@attrs.frozen
class Tenant:
    """One scenario's application, with a subscription for every message that it will send."""

    application_id: UUID
    key: str = attrs.field(repr=False)
    subscriptions: Sequence[UUID] = attrs.field(repr=False)


class WorkerEnded(Exception):
    """A worker that nobody stopped is gone: `label`, and its last words."""


@attrs.frozen
class Photograph:
    """What killed or frozen workers had in hand at that moment."""

    leased: frozenset[UUID]
    """Messages of their leases that PostgreSQL did not hold as settled."""
    started: frozenset[UUID]
    """Those of them that the providers had already taken: the only ones that may be sent twice."""


class Installation:
    """Blocking, but for what needs PostgreSQL; the stack is its owner's to stop."""

    def __init__(self, folder: Path) -> None:
        self.stack = Stack(
            Settings(SIGNAL_DATA_FOLDER=folder / "signal", SIGNAL_PORT=0),
            roles=ROLES,
            environment={"SIGNAL_LOG_LEVEL": "INFO"},
        )
        self.state: StackState = self.stack.start()
        assert self.stack.simulator is not None
        self._apns, self._google = ApnsKeyPair(), ServiceAccountPair()
        self.control = httpx.Client(base_url=self.state.simulator_control or "", timeout=20, trust_env=False)
        self._api = httpx.Client(
            base_url=self.state.api_url,
            headers={"Authorization": f"Bearer {self.state.operator_key}"},
            timeout=20,
            trust_env=False,
        )
        keys = {
            "apns": [
                {
                    "key_id": self._apns.key_id,
                    "team_id": self._apns.team_id,
                    "public_key": self._apns.public,
                }
            ],
            "google": [{"client_email": self._google.client_email, "public_key": self._google.public}],
        }
        assert self.control.post("/control/keys", json=keys).status_code == 200
        self._vault = AesGcmVault(keyring_of(Settings(SIGNAL_DATA_FOLDER=folder / "signal")))

    def stop(self) -> None:
        """Stop everything; frozen processes are continued first."""
        for role in self.stack.roles.values():
            if role.running:
                os.kill(role.pid, signal.SIGCONT)
        self._api.close()
        self.control.close()
        self.stack.stop()

    def play(self, **behaviour: object) -> None:
        """Give the providers this script and forget what they received."""
        assert self.control.put("/control/behaviour", json=behaviour).status_code == 200
        assert self.control.post("/control/reset").status_code == 204

    async def tenant(self, messages: int, seed: int) -> Tenant:
        """A new application with credentials, prepaid credit, a price, a quota, and `messages` push subscriptions."""
        made = self._call("POST", "/v1/applications", {"name": f"chaos {seed}"})
        path = f"/v1/applications/{made['id']}"
        apns = {"key_id": self._apns.key_id, "team_id": self._apns.team_id, "bundle_id": TOPIC}
        self._call(
            "PUT",
            f"{path}/credentials/apns",
            {"fields": {**apns, "private_key": self._apns.private}},
        )
        account = self._google.file("https://oauth2.googleapis.com/token")
        self._call("PUT", f"{path}/credentials/fcm", {"fields": {"service_account": json.dumps(account)}})
        limits = {"daily_quota": 10 * messages, "monthly_quota": 100 * messages, "billing_mode": "prepaid"}
        self._call("PUT", f"{path}/quota", limits)
        self._call("PUT", f"{path}/quota/unit-prices", {"unit_prices": {"push": "1.5"}})
        self._call(
            "POST", f"{path}/credits", {"amount": str(10 * messages)}, {"Idempotency-Key": str(uuid4())}
        )
        scopes = ["messages:write", "messages:read", "campaigns:write", "campaigns:read"]
        key = self._call("POST", f"{path}/keys", {"label": "chaos", "scopes": scopes})["api_key"]
        application_id = UUID(str(made["id"]))
        return Tenant(application_id, str(key), await self._subscribe(application_id, messages, seed))

    async def _subscribe(self, application_id: UUID, n: int, seed: int) -> list[UUID]:
        """As registration would write them; COPY, because twenty thousand calls are not what is tested here."""
        ids, now, rows = Uuid7().many(n), datetime.now(UTC), []
        for number, id_ in enumerate(ids):
            token = device_token(seed * 1_000_000 + number)
            sealed = self._vault.seal(token, application_id=application_id, row=str(id_), column="token")
            index, index_key = self._vault.blind_index(token, application_id=application_id)
            rows.append(
                (
                    id_, application_id, int(TYPES[number % 2]), sealed.ciphertext, sealed.key_id, 1, index,
                    index_key, now, 1, now, now, now,
                )
            )  # fmt: skip
        columns = (
            "id", "application_id", "type", "token_ciphertext", "token_key_id", "token_version", "token_index",
            "token_index_key_id", "token_registered_at", "subscription_status", "subscribed_at", "created_at",
            "updated_at",
        )  # fmt: skip
        connection = await self.connect()
        try:
            await connection.copy_records_to_table("subscription", columns=columns, records=rows)
            await connection.execute("ANALYZE subscription")
        finally:
            await connection.close()
        return ids

    def _call(
        self, method: str, path: str, body: object, headers: Mapping[str, str] | None = None
    ) -> dict[str, object]:
        answer = self._api.request(method, path, json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    async def connect(self) -> asyncpg.Connection:
        """A connection of the test's own."""
        return await asyncpg.connect(self.state.database_url, timeout=5)

    async def check_ledger(self, application_id: UUID) -> LedgerReport:
        """The proof that `ledger check` gives, messages included."""
        engine = open_engine(self.state.database_url, pool_size=1)
        try:
            check = CheckLedger(evidence=PostgresLedgerEvidence(engine))
            return await check(CheckLedgerCommand(application_id=application_id, with_messages=True))
        finally:
            await engine.dispose()

    async def check_figures(self, application_id: UUID) -> Recount:
        """The proof that `analytics check` gives."""
        engine = open_engine(self.state.database_url, pool_size=1)
        try:
            check = CheckFigures(analytics=PostgresAnalytics(engine))
            return await check(CheckFiguresCommand(application_id=application_id))
        finally:
            await engine.dispose()

    def role(self, label: str) -> RoleProcess:
        """A process of ours by its label."""
        return self.stack.roles[label]

    @property
    def postgres(self) -> EmbeddedServer:
        assert self.stack.servers is not None
        return self.stack.servers.postgres

    @property
    def nats(self) -> EmbeddedServer:
        assert self.stack.servers is not None
        return self.stack.servers.nats

    def kill_server(self, server: EmbeddedServer) -> None:
        """kill -9, and wait until it is reaped."""
        pid, child = server.pid, server.child
        assert pid is not None and child is not None  # noqa: PT018
        os.kill(pid, signal.SIGKILL)
        assert child.exited.wait(5)

    def wipe_nats(self) -> None:
        """Delete everything that JetStream stored; the server must be down."""
        assert not self.nats.running
        shutil.rmtree(self.nats.folder / "jetstream")

    @contextlib.contextmanager
    def held(self, label: str) -> Iterator[None]:
        """Freeze a process while something is looked at."""
        os.kill(self.role(label).pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.role(label).pid, signal.SIGCONT)

    async def ready(self) -> None:
        """Wait until both workers have written that they are there: what was killed before may still be starting.

        Raise WorkerEnded when one is not even running.
        """
        pids = [self.role(label).pid for label in WORKERS]
        connection = await self.connect()

        async def present() -> bool:
            for label in WORKERS:
                self.check_runs(label)
            return bool(await connection.fetchval(_PRESENT, pids, len(pids)))

        try:
            await until(present, within=30, every=0.1)
        finally:
            await connection.close()

    def check_runs(self, label: str) -> None:
        """Raise WorkerEnded when this process is gone."""
        if not (role := self.role(label)).running:
            raise WorkerEnded(f"{label}: {role.last_words(4)}")

    async def in_hand(self, label: str, connection: asyncpg.Connection) -> int:
        """Messages that this worker has leased."""
        return int(await connection.fetchval(_IN_HAND, self.role(label).pid))

    async def photograph(self, pids: Sequence[int], ports: Sequence[int]) -> Photograph:
        """What these workers, which are dead or frozen, had in hand; the scheduler must be held meanwhile.

        What they had sent to PostgreSQL before is waited for: `ports` are their own ends of their connections.
        """
        connection = await self.connect()
        try:
            # What was on its way into sockets has been read by then.
            await asyncio.sleep(0.1)
            await until(lambda: connection.fetchval(_QUIET, list(ports)), within=5)
            rows = await connection.fetch(
                "SELECT m.id FROM dispatch_chunk c JOIN worker w ON w.incarnation = c.worker"
                " CROSS JOIN unnest(c.message_ids) AS x (id) JOIN message m ON m.id = x.id"
                " WHERE c.state = 2 AND w.pid = ANY($1::int[]) AND m.status IN (0, 3)",
                list(pids),
            )
        finally:
            await connection.close()
        leased = frozenset(row["id"] for row in rows)
        return Photograph(
            leased, frozenset(id_ for id_, n in self.deliveries().items() if n and id_ in leased)
        )

    async def disconnect(self, ports: Sequence[int]) -> None:
        """PostgreSQL ends the sessions that have these ports at their other end."""
        connection = await self.connect()
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE client_port = ANY($1::int[])",
                list(ports),
            )
        finally:
            await connection.close()

    def deliveries(self) -> dict[UUID, int]:
        """How often the providers accepted each message that they heard of."""
        found: dict[UUID, int] = {}
        with self.control.stream("GET", "/control/deliveries") as answer:
            for line in answer.iter_lines():
                delivery = httpx.Response(200, content=line).json()
                id_ = UUID(delivery["message_id"])
                found[id_] = found.get(id_, 0) + int(delivery["accepted"])
        return found


def ports_of(pid: int) -> list[int]:
    """The local ports of a process's connections."""
    return [connection.laddr.port for connection in psutil.Process(pid).net_connections("tcp")]
