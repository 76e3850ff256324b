"""Run the baseline on the same servers, against the same simulator, in a database of its own."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import attrs
import nats
from nats.js.api import RetentionPolicy, StorageType, StreamConfig

from adapters.crypto.keyring import load_keyring
from adapters.crypto.vault import AesGcmVault
from adapters.system.identifiers import Uuid7
from bootstrap.bench.baseline import SCHEMA, STREAM, SUBJECT, Task
from bootstrap.bench.load import DATA, PUSH
from bootstrap.bench.progress import Stage
from bootstrap.bench.rig import MACHINE, PARTS, Lines, Rig, child
from bootstrap.bench.spread import per_message
from bootstrap.bench.tenant import BUNDLE_ID, apns_fields
from bootstrap.infrastructure import KEY_FILE

DATABASE = "baseline"
_LATENCIES = """
SELECT count(*) AS n, extract(epoch FROM max(pg_xact_commit_timestamp(xmin))) AS last,
       extract(epoch FROM min(uuid_extract_timestamp(id))) AS first,
       avg(extract(epoch FROM pg_xact_commit_timestamp(xmin) - uuid_extract_timestamp(id)) * 1000) AS mean
FROM message WHERE status = 'successful'
"""


async def baseline(rig: Rig, messages: int, stage: Stage) -> dict[str, object]:
    """Its rate and CPU; both processes start together and the clock runs until the last commit."""
    url = await _database(rig)
    await _stream(rig.state.nats_url)
    task = await _task(rig, url, messages)
    text = json.dumps(attrs.asdict(task))
    async with (
        child("bootstrap.bench.baseline", text, "accept") as accepting,
        child("bootstrap.bench.baseline", text, "work") as working,
    ):
        await anext(accepting)
        await anext(working)
        before = rig.cpu()
        started = time.time()
        working.answer("go")
        accepting.answer("go")
        both = await asyncio.gather(_follow(accepting, stage), _follow(working, stage))
        after = rig.cpu()
    cpu = {part: after[part] - before[part] for part in PARTS}
    cpu["python"] = sum(both)
    wall = time.time() - started
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow(_LATENCIES)
    finally:
        await connection.close()
    assert row is not None
    n = int(row["n"])
    seconds = float(row["last"]) - started
    return {
        "messages": messages,
        "settled": n,
        "seconds": round(seconds, 3),
        "rate": round(n / seconds, 1),
        "cores_busy": {
            "ours": round(sum(cpu.values()) / wall, 2),
            "others": round((after[MACHINE] - before[MACHINE] - sum(cpu.values())) / wall, 2),
        },
        "latency_mean_ms": round(float(row["mean"]), 1),
        "cpu_us_per_message": {part: per_message(cpu[part], n) for part in PARTS},
    }


async def _follow(lines: Lines, stage: Stage) -> float:
    """CPU seconds of the process, when it has ended."""
    cpu = 0.0
    async for line in lines:
        if "done" in line:
            stage.at(int(str(line["done"])))
        result = line.get("result")
        if isinstance(result, dict):
            cpu = float(result["cpu_seconds"])
    return cpu


async def _database(rig: Rig) -> str:
    """A database with the baseline's tables; the address of it."""
    admin = await asyncpg.connect(rig.state.database_url)
    try:
        await admin.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        await admin.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await admin.close()
    return urlunsplit(urlsplit(rig.state.database_url)._replace(path=f"/{DATABASE}"))


async def _stream(nats_url: str) -> None:
    client = await nats.connect(nats_url)
    try:
        await client.jetstream().add_stream(
            StreamConfig(
                name=STREAM,
                subjects=[SUBJECT],
                retention=RetentionPolicy.WORK_QUEUE,
                storage=StorageType.FILE,
            )
        )
    finally:
        await client.close()


async def _task(rig: Rig, url: str, messages: int) -> Task:
    """As many sealed tokens as the other side has iOS subscriptions."""
    keys = rig.stack.folder / KEY_FILE
    vault = AesGcmVault(load_keyring(None, keys, create=False))
    application_id = uuid4()
    rows = []
    for id_ in Uuid7().many(len(rig.ios.subscription_ids)):
        sealed = vault.seal(
            secrets.token_hex(32), application_id=application_id, row=str(id_), column="token"
        )
        rows.append((id_, application_id, sealed.ciphertext, sealed.key_id))
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(SCHEMA)
        await connection.copy_records_to_table(
            "subscription",
            columns=("id", "application_id", "token_ciphertext", "token_key_id"),
            records=rows,
        )
        await connection.execute("ANALYZE subscription")
    finally:
        await connection.close()
    simulator = rig.stack.simulator
    assert simulator is not None
    return Task(
        database_url=url,
        nats_url=rig.state.nats_url,
        apns_url=simulator.addresses["apns_production"],
        ca_certificate=simulator.addresses["ca_certificate"],
        vault_keys=str(keys),
        application_id=str(application_id),
        subscription_ids=[str(row[0]) for row in rows],
        messages=messages,
        payload=_payload(),
        apns=apns_fields(),
        topic=BUNDLE_ID,
    )


def _payload() -> dict[str, object]:
    """The same text that the other side sends."""
    alert = {"title": PUSH["title"], "body": PUSH["body"]}
    return {"aps": {"alert": alert, "mutable-content": 1}, **DATA}
