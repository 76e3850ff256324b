"""One installation for the whole folder: API, worker and scheduler as processes of their own, watched in every way."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.request import urlopen

import asyncpg
import attrs
import httpx
import pytest

from bootstrap.demo.demo_note import DemoNote
from bootstrap.demo.try_out import ensure_demo_application
from bootstrap.embedded.ports import free_port
from bootstrap.node import open_node
from bootstrap.settings import Settings
from bootstrap.stack import Stack
from tests.collector import Collector
from tests.servers import Databases, apart, delete_streams, memory_root, open_folder


@attrs.frozen
class Installation:
    """What runs, and everything that it tells."""

    stack: Stack
    settings: Settings
    database_url: str
    note: DemoNote
    collector: Collector
    http: httpx.Client
    """With the application's key."""
    operator: httpx.Client
    control: httpx.Client
    """The simulator's."""
    ports: Mapping[str, int]
    """Of `/metrics`, by role."""

    def send(self, person: str = "demo-user-1", **headers: str) -> str:
        """Accept one push to a person; its message's id."""
        body = {"external_id": person, "content": {"push": {"title": "배송 출발", "body": "SECRET-BODY"}}}
        answer = self.http.post("/v1/messages", json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["message_ids"][0])

    def message(self, message_id: str, *wanted: str) -> Mapping[str, Any]:
        """The message, once it is in one of these states."""
        return self.until(
            lambda: self.http.get(f"/v1/messages/{message_id}").json(),
            lambda found: found["status"] in wanted,
        )

    def until(self, look: Callable[[], Any], enough: Callable[[Any], bool], seconds: float = 30) -> Any:
        """What `look` finds, once it is enough."""
        until = time.monotonic() + seconds
        while not enough(found := look()):
            assert time.monotonic() < until, found
            time.sleep(0.1)
        return found

    async def evaluate(self) -> None:
        """A round of the rules for alerts, as a second scheduler would make it: nobody waits twenty seconds for the first."""
        async with open_node(self.settings, "command") as node:
            await node.use_cases.evaluate_alerts()()
            await node.use_cases.accept_messages().close()

    def lines(self, role: str) -> list[Mapping[str, Any]]:
        """What a role has logged."""
        text = self.stack.roles[role].log.read_text()
        return [json.loads(line) for line in text.splitlines()]

    def metrics(self, role: str) -> str:
        """What a scrape of the role gets."""
        with urlopen(f"http://127.0.0.1:{self.ports[role]}/metrics", timeout=5) as answer:
            return str(answer.read().decode())


@pytest.fixture(scope="package")
def installed(postgres_server: Databases, template_database: str, nats_url: str) -> Iterator[Installation]:
    """Three processes, JSON logs, a collector of traces that takes everything, metrics on ports of their own."""
    name, prefix = f"test_{secrets.token_hex(6)}", f"t{secrets.token_hex(4)}"
    database_url = postgres_server.create(name, template=template_database)
    with open_folder(memory_root()) as folder, Collector() as collector:
        settings = Settings.model_validate(
            {
                "database_url": database_url,
                "nats_url": nats_url,
                "SIGNAL_NATS_PREFIX": prefix,
                "SIGNAL_DATA_FOLDER": folder / "signal",
                "SIGNAL_PORT": 0,
            }
        )
        ports = {role: free_port() for role in ("api", "worker", "scheduler")}
        stack = Stack(settings, roles=("api",), environment=_environment(prefix, collector, ports["api"]))
        try:
            state = stack.start()
            given = stack.role_environment
            for role in ("worker", "scheduler"):
                stack.add_role(role, {**given, "SIGNAL_METRICS_PORT": str(ports[role])})
            note = asyncio.run(ensure_demo_application(state, None, real_providers=False))
            with (
                _client(state.api_url, note.api_key) as http,
                _client(state.api_url, state.operator_key) as operator,
                httpx.Client(base_url=state.simulator_control or "", timeout=20, trust_env=False) as control,
            ):
                yield Installation(
                    stack, settings, database_url, note, collector, http, operator, control, ports
                )
        finally:
            stack.stop()
            apart(delete_streams(nats_url, prefix))
            postgres_server.drop(name)


def _environment(prefix: str, collector: Collector, port: int) -> dict[str, str]:
    return {
        "SIGNAL_NATS_PREFIX": prefix,
        "SIGNAL_LOG_FORMAT": "json",
        "SIGNAL_LOG_LEVEL": "DEBUG",
        "SIGNAL_METRICS_PORT": str(port),
        "SIGNAL_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20COLLECTOR-KEY",
    }


def _client(url: str, key: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=20, trust_env=False)


def sql(database_url: str, statement: str, *arguments: Any) -> list[Any]:
    """Run one statement aside, for states that no caller can bring about."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(database_url)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    return apart(run())
