"""`/metrics` of a process on real servers: it shows what PostgreSQL, NATS, the machine and the process itself say."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.request import urlopen

import asyncpg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters.telemetry.catalogue import BY_NAME
from bootstrap.metrics import USUAL_PORTS, LookedUp, LoopLag, exposition_of, serving_metrics
from bootstrap.node import Node, open_node
from bootstrap.roles import PARTS
from bootstrap.settings import Settings
from tests.servers import apart

ROWS = """
INSERT INTO application (id, name, settings, created_at, updated_at)
VALUES ('018f0000-0000-7000-8000-000000000001', 'Shop', '{"time_zone": "Asia/Seoul"}', now(), now());
INSERT INTO quota (application_id, daily_quota, updated_at)
VALUES ('018f0000-0000-7000-8000-000000000001', 1000, now());
INSERT INTO quota_window (application_id, kind, starts_on, granted, settled, released)
VALUES ('018f0000-0000-7000-8000-000000000001', 'daily', (now() AT TIME ZONE 'Asia/Seoul')::date, 400, 300, 50);
INSERT INTO stat_hourly (application_id, hour, type, event_type, reason, n)
VALUES ('018f0000-0000-7000-8000-000000000001', date_trunc('hour', now()), 1, 5, '', 80);
INSERT INTO channel_pause (application_id, type, reason, paused_at)
VALUES ('018f0000-0000-7000-8000-000000000001', 2, 'requested', now());
INSERT INTO dispatch_chunk (id, application_id, reservation_id, min_id, max_id, created_at, channel, type, lane, state, message_ids)
SELECT gen_random_uuid(), '018f0000-0000-7000-8000-000000000001', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
    now() - make_interval(secs => age), 1, type, 0, 0, ARRAY[gen_random_uuid(), gen_random_uuid()]
FROM (VALUES (1, 120), (2, 900)) AS queued (type, age);
INSERT INTO subscription_event (id, subscription_id, application_id, event_type, channel, source, occurred_at)
SELECT uuidv7(age), gen_random_uuid(), '018f0000-0000-7000-8000-000000000001', 'created', 'push', 'api', now() + age
FROM (VALUES (interval '-1 minute'), (interval '-1 hour')) AS told (age);
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def settings(folder: Path, database_url: str, nats_url: str, prefix: str, port: int) -> Settings:
    return Settings.model_validate(
        {
            "database_url": database_url,
            "nats_url": nats_url,
            "SIGNAL_NATS_PREFIX": prefix,
            "SIGNAL_DATA_FOLDER": folder,
            "SIGNAL_METRICS_PORT": port,
        }
    )


async def scrape(node: Node) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    looked_up = LookedUp(
        {"postgres": node.infrastructure.gauges(), "nats": node.infrastructure.stream_figures()}
    )
    await looked_up.refresh()
    text = exposition_of(node, looked_up, LoopLag()).text().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_figures_are_what_the_tables_say(
    tmp_path: Path, database_url: str, nats_url: str, stream_prefix: str
) -> None:
    """Queue, age without what is paused, quota of today in the application's zone, events of a span, the streams."""

    async def fill() -> None:
        connection = await asyncpg.connect(database_url)
        await connection.execute(ROWS)
        await connection.close()

    apart(fill())
    async with open_node(settings(tmp_path, database_url, nats_url, stream_prefix, 0), "all") as node:
        await node.infrastructure.event_stream().ensure()
        found = await scrape(node)
    application = "018f0000-0000-7000-8000-000000000001"
    at = {
        "lane": "transactional",
        "type": "iOSPush",
    }
    assert found["signal_queue_messages", (*sorted({**at, "state": "held"}.items()),)] == 2
    assert 119 < found["signal_queue_oldest_seconds", (*at.items(),)] < 300
    assert found["signal_queue_oldest_seconds", (("lane", "transactional"), ("type", "AndroidPush"))] == 0
    assert found["signal_paused_routes", (("type", "AndroidPush"),)] == 1
    window = (("application", application), ("window", "daily"))
    assert (found["signal_quota_limit", window], found["signal_quota_used", window]) == (1000, 350)
    assert found["signal_message_events", (("event", "received"), ("type", "iOSPush"))] == 80
    assert found["signal_subscription_events", (("channel", "push"), ("event", "created"))] == 1
    assert found["signal_nats_connected", ()] == 1
    assert found["signal_nats_stream_replicas", (("state", "leader"), ("stream", "signal_events"))] == 1
    assert found["signal_postgres_connections_max", ()] > 10
    assert found["signal_pool_size", (("pool", "control"),)] == 6
    assert found["signal_node_memory_bytes", (("state", "total"),)] > 0
    assert {
        name.removesuffix("_bucket").removesuffix("_count").removesuffix("_sum") for name, _ in found
    } <= set(BY_NAME)


def test_every_role_has_a_usual_port() -> None:
    """A role without one could not start."""
    assert set(USUAL_PORTS) == set(PARTS)


async def test_the_listener_answers_while_the_role_runs_and_a_taken_port_does_no_harm(
    tmp_path: Path, database_url: str, nats_url: str, stream_prefix: str
) -> None:
    """Over HTTP on loopback; the second process on the port goes on without; afterwards nobody listens."""
    port = free_port()
    chosen = settings(tmp_path, database_url, nats_url, stream_prefix, port)
    async with open_node(chosen, "command") as node:
        async with serving_metrics(node, "worker"), serving_metrics(node, "worker"):
            node.infrastructure.measures().answered("GET", "/healthz", 200, 0.001)
            answer = apart_get(port)
        assert 'signal_http_requests_total{method="GET",route="/healthz",status="200"} 1.0' in answer
        assert "signal_process_memory_bytes" in answer
        with pytest.raises(OSError, match="refused"):
            apart_get(port)


def apart_get(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return str(answer.read().decode())
