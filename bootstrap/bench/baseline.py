"""The baseline: what a competent team writes first, with the libraries everybody takes.

One row and one commit per message, one JetStream message each, stock aioapns, then one transaction with the outcome
and its event, then the acknowledgement. Plain asyncpg with a pool and prepared statements (no ORM), uvloop, two
processes, hundreds of tasks at once. It does less than we do: no HTTP in front, no quota, no ledger, no idempotency,
no fairness, no fencing, no events out. Tokens are sealed in the database as ours are.

    python -m bootstrap.bench.baseline accept|work      (one JSON line in; JSON lines out)
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import attrs
import nats
import uvloop
from aioapns import APNs, NotificationRequest, PushType
from aioapns.connection import APNsTLSClientProtocol
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig

from adapters.crypto.keyring import load_keyring
from adapters.crypto.vault import AesGcmVault
from adapters.system.identifiers import Uuid7
from application.ports.vault import Sealed

STREAM, SUBJECT, DURABLE = "baseline", "baseline.send", "baseline"
AT_ONCE = 200
"""Messages in hand of either process."""
POOL = 20
FETCH = 100
TTL_SECONDS = 259_200

SCHEMA = """
CREATE TABLE subscription (
    id uuid PRIMARY KEY, application_id uuid NOT NULL, token_ciphertext bytea NOT NULL, token_key_id text NOT NULL,
    subscription_status smallint NOT NULL DEFAULT 1
);
CREATE TABLE message (
    id uuid PRIMARY KEY, application_id uuid NOT NULL,
    subscription_id uuid NOT NULL REFERENCES subscription (id), payload jsonb NOT NULL,
    status text NOT NULL DEFAULT 'pending', created_at timestamptz NOT NULL DEFAULT now(), sent_at timestamptz,
    error_reason text
);
CREATE INDEX message_status ON message (status) WHERE status = 'pending';
CREATE TABLE message_event (
    id uuid PRIMARY KEY, message_id uuid NOT NULL REFERENCES message (id), event_type text NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now(), metadata jsonb
);
"""
_INSERT = "INSERT INTO message (id, application_id, subscription_id, payload) VALUES ($1, $2, $3, $4)"
_LOAD = """
SELECT m.payload, m.status, s.id AS subscription_id, s.application_id, s.token_ciphertext, s.token_key_id
FROM message m JOIN subscription s ON s.id = m.subscription_id
WHERE m.id = $1 AND s.subscription_status > 0
"""
_SETTLE = (
    "UPDATE message SET status = $2, sent_at = now(), error_reason = $3 WHERE id = $1 AND status = 'pending'"
)
_EVENT = "INSERT INTO message_event (id, message_id, event_type, metadata) VALUES ($1, $2, $3, $4)"


@attrs.frozen(kw_only=True)
class Task:
    """What either process is told."""

    database_url: str = attrs.field(repr=False)
    nats_url: str = attrs.field(repr=False)
    apns_url: str
    ca_certificate: str
    vault_keys: str
    application_id: str
    subscription_ids: list[str] = attrs.field(repr=False)
    messages: int
    payload: dict[str, Any]
    apns: dict[str, str] = attrs.field(repr=False)
    topic: str


async def accept(task: Task) -> None:
    """Store each message and announce it."""
    ids = Uuid7()
    application_id = UUID(task.application_id)
    payload = json.dumps(task.payload, ensure_ascii=False)
    targets = [UUID(one) for one in task.subscription_ids]
    numbers = iter(range(task.messages))
    pool = await asyncpg.create_pool(task.database_url, min_size=POOL, max_size=POOL)
    client = await nats.connect(task.nats_url)
    stream = client.jetstream()

    async def one_after_another() -> None:
        for number in numbers:
            id_ = ids.one()
            await pool.execute(_INSERT, id_, application_id, targets[number % len(targets)], payload)
            await stream.publish(SUBJECT, id_.bytes)

    await _begin()
    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
    await client.close()
    await pool.close()


async def work(task: Task) -> None:
    """Hear each message, send it, write its outcome."""
    ids = Uuid7()
    vault = AesGcmVault(load_keyring(None, Path(task.vault_keys), create=False))
    pool = await asyncpg.create_pool(task.database_url, min_size=POOL, max_size=POOL)
    client = await nats.connect(task.nats_url)
    stream = client.jetstream()
    config = ConsumerConfig(max_ack_pending=AT_ONCE * 5)
    heard = await stream.pull_subscribe(SUBJECT, DURABLE, stream=STREAM, config=config)
    apns = _apns_client(task)
    room = asyncio.Semaphore(AT_ONCE)
    done = 0

    async def handle(announced: Msg) -> None:
        nonlocal done
        try:
            id_ = UUID(bytes=announced.data)
            row = await pool.fetchrow(_LOAD, id_)
            if row is None or row["status"] != "pending":
                await announced.ack()
                return
            token = vault.open(
                Sealed(row["token_ciphertext"], row["token_key_id"]),
                application_id=row["application_id"],
                row=str(row["subscription_id"]),
                column="token",
            )
            payload = {**json.loads(row["payload"]), "gcm.message_id": str(id_), "as_mid": str(id_)}
            begun = time.monotonic()
            answer = await apns.send_notification(
                NotificationRequest(
                    device_token=token,
                    message=payload,
                    notification_id=str(id_),
                    collapse_key=str(id_),
                    time_to_live=TTL_SECONDS,
                    priority=10,
                    push_type=PushType.ALERT,
                )
            )
            status = "successful" if answer.is_successful else "failed"
            details = {"attempt": 1, "latency_ms": int((time.monotonic() - begun) * 1000)}
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(_SETTLE, id_, status, answer.description)
                await connection.execute(_EVENT, ids.one(), id_, status, json.dumps(details))
            await announced.ack()
            done += 1
        finally:
            room.release()

    await _begin()
    telling = asyncio.create_task(_tell(lambda: done))
    async with asyncio.TaskGroup() as group:
        while done < task.messages:
            try:
                batch = await heard.fetch(FETCH, timeout=1.0)
            except TimeoutError:  # nats-py raises its own, which is one, or asyncio's
                continue
            for announced in batch:
                await room.acquire()
                group.create_task(handle(announced))
    telling.cancel()
    _say({"done": done})
    apns.pool.close()
    await client.close()
    await pool.close()


def _apns_client(task: Task) -> APNs:
    at = urlsplit(task.apns_url)

    class Protocol(APNsTLSClientProtocol):
        APNS_SERVER = str(at.hostname)
        APNS_PORT = at.port or 443

    context = ssl.create_default_context(cafile=task.ca_certificate)
    context.set_alpn_protocols(["h2"])
    client = APNs(
        key=task.apns["private_key"],
        key_id=task.apns["key_id"],
        team_id=task.apns["team_id"],
        topic=task.topic,
        ssl_context=context,
    )
    client.pool.protocol_class = Protocol
    return client


async def _tell(done: Callable[[], int]) -> None:
    while True:
        await asyncio.sleep(0.2)
        _say({"done": done()})


async def _begin() -> None:
    _say({"ready": True})
    if (await asyncio.to_thread(sys.stdin.readline)).strip() != "go":
        raise SystemExit("nobody waits for this any more")


def _say(line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


ROLES: dict[str, Callable[[Task], Awaitable[None]]] = {"accept": accept, "work": work}


def main() -> None:
    """Play the role that the argument names."""
    task = Task(**json.loads(sys.stdin.readline()))

    async def play() -> None:
        wall, cpu = time.time(), time.process_time()
        await ROLES[sys.argv[1]](task)
        _say(
            {
                "result": {
                    "started_at": wall,
                    "ended_at": time.time(),
                    "cpu_seconds": time.process_time() - cpu,
                }
            }
        )

    uvloop.run(play())


if __name__ == "__main__":
    main()
