"""Every example of the API's document is carried out, in its order, against the running product, and answers what the document says."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import jsonschema
import pytest
from pydantic import SecretStr

from adapters.crypto.keyring import Keyring
from application.ports.delivery_reports import CALLBACK_TOKEN
from bootstrap.node import open_node
from bootstrap.settings import Settings
from entrypoints.client_api.application import ROUTES as CLIENT
from entrypoints.http.examples import STORY, Story, examples, story
from entrypoints.http.openapi import openapi_document
from entrypoints.http.settings import HttpSettings
from entrypoints.rest.application import ROUTES as REST
from tests.conformance.channels.texts import SolapiKakaoCase
from tests.e2e.rest.in_app_rows import put_in_app
from tests.e2e.rest.storyteller import SHOWN, Storyteller, plain, shape
from tests.e2e.rest.wiring import Served, execute, serving
from tests.integration.simulator.harness import simulator
from tests.servers import Databases, apart

ROUTES = {route.name: route for route in (*REST, *CLIENT)}
RECORDING = bool(os.environ.get("RECORD_EXAMPLES"))
LOOSE = {
    "read_campaign_progress",
    "stream_campaign_progress",
    "readyz",
    "read_usage",
    "read_series",
    "download_export",
    "read_report",
}
"""Whose figures depend on what else happens: their shape is compared."""


@pytest.fixture(scope="module")
def told(
    postgres_server: Databases,
    template_database: str,
    nats_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Storyteller]:
    """The product with the simulator as its providers, and nobody in it yet."""
    name = f"test_{secrets.token_hex(6)}"
    url = postgres_server.create(name, template=template_database)
    with simulator(Path(tmp_path_factory.mktemp("simulator"))) as sim:
        keys = SecretStr(Keyring.generate().text())
        own: dict[str, Any] = {
            "provider_urls": {"solapi": sim.ready["texts"]},
            "extra_ca_file": sim.ca,
            "public_url": "https://signal.example.com",
            "signal_keys": keys,
        }
        solapi = {
            field: value for field, value in SolapiKakaoCase(sim).fields().items() if field != CALLBACK_TOKEN
        }
        try:
            with serving(url, nats_url, **own) as served:
                yield from _teller(served, nats_url, keys, solapi)
        finally:
            postgres_server.drop(name)


def _teller(served: Served, nats_url: str, keys: SecretStr, solapi: dict[str, str]) -> Iterator[Storyteller]:
    now = datetime.now(UTC)

    def alert(teller: Storyteller) -> None:
        execute(
            served.database_url,
            "INSERT INTO alert (id, application_id, kind, severity, detail, raised_at)"
            " VALUES ($1, $2, 'error_rate', 'critical', $3, now())",
            uuid4(),
            UUID(teller.names["application"]),
            json.dumps({"type": "iOSPush", "minutes": 15, "attempts": 200, "failed": 61, "errored": 0}),
        )

    def failed(teller: Storyteller) -> None:
        teller.names["failed_message"] = _send(teller, "subscription")
        execute(
            served.database_url,
            "WITH gone AS (DELETE FROM dispatch_chunk WHERE min_id = $1)"
            " UPDATE message SET status = 3, attempts = 5, error_reason = 'busy' WHERE id = $1",
            UUID(teller.names["failed_message"]),
        )

    def to_device(teller: Storyteller) -> None:
        teller.names["device_message"] = _send(teller, "device")

    def in_the_app(teller: Storyteller) -> None:
        put_in_app(served, teller.names["application"], teller.names["in_app"])

    def written(_: Storyteller) -> None:
        settings = Settings().model_copy(
            update={
                "database_url": SecretStr(served.database_url),
                "nats_url": SecretStr(nats_url),
                "signal_keys": keys,
            }
        )

        async def write() -> None:
            async with open_node(settings, "command") as node:
                while await node.use_cases.write_exports()():
                    pass

        apart(write())

    with httpx.Client(base_url=served.url, timeout=30) as client:
        yield Storyteller(
            ROUTES,
            client,
            {
                "operator_key": served.operator_key,
                "identity_secret": secrets.token_hex(32),
                "solapi": solapi,
                "month": f"{now:%Y-%m}",
                "yesterday": (now - timedelta(days=1)).isoformat(),
                "now": now.isoformat(),
                "next_week": (now + timedelta(days=7)).isoformat(),
            },
            leads={
                "an alert was raised": alert,
                "a message failed": failed,
                "a message went to the device": to_device,
                "a message waits in the app": in_the_app,
                "the file is written": written,
            },
        )


def _send(teller: Storyteller, to: str) -> str:
    sent = teller.client.post(
        "/v1/messages",
        json={"content": {"push": {"body": "안녕하세요"}}, "subscription_id": teller.names[to]},
        headers={"Authorization": f"Bearer {teller.names['api_key']}"},
    )
    assert sent.status_code == 202, sent.text
    return str(sent.json()["message_ids"][0])


def test_every_example_answers_what_the_document_says(told: Storyteller) -> None:
    """Status, schema and answer; ids, times and secrets are told apart from what the document shows of them."""
    document = openapi_document([*REST, *CLIENT], HttpSettings())
    written = []
    for step in story().steps:
        answer = told.tell(step)
        found = told.retold(answer)
        written.append((step, found))
        schema = _schema(document, step.operation, step.status)
        if schema is not None and answer.content and "json" in answer.headers["content-type"]:
            jsonschema.Draft202012Validator(
                {**schema, "components": document["components"]},
                format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
            ).validate(plain(answer))
    if RECORDING:
        _record(told, written)
        return
    for step, found in written:
        wanted = found if step.hidden else step.answer
        if step.operation in LOOSE:
            found, wanted = shape(found), shape(wanted)
        assert found == wanted, step.operation


def test_every_operation_has_an_example_that_its_schema_takes() -> None:
    """None is forgotten; what the document shows as a request and as an answer is what its schemas allow."""
    document = openapi_document([*REST, *CLIENT], HttpSettings())
    assert ROUTES.keys() - examples().keys() == set()
    for route in ROUTES.values():
        operation = document["paths"][route.path][route.method.lower()]
        contents = list(operation.get("requestBody", {}).get("content", {}).values())
        contents += list(
            operation["responses"][str(examples()[route.name].status)].get("content", {}).values()
        )
        for content in contents:
            if "example" in content and content["schema"].get("type") != "string":
                jsonschema.Draft202012Validator(
                    {**content["schema"], "components": document["components"]}
                ).validate(content["example"])


def _schema(document: dict[str, Any], operation: str, status: int) -> dict[str, Any] | None:
    route = ROUTES[operation]
    reply = document["paths"][route.path][route.method.lower()]["responses"][str(status)]
    if "$ref" in reply:
        reply = document["components"]["responses"][reply["$ref"].rpartition("/")[2]]
    contents = list(reply.get("content", {}).values())
    return contents[0]["schema"] if contents and not (route.files or route.event_stream) else None


def _record(told: Storyteller, written: list[tuple[Any, Any]]) -> None:
    """Write the answers into the story, one step a line."""
    raw = json.loads(STORY.read_text(encoding="utf-8"))
    for step, (_, found) in zip(raw["steps"], written, strict=True):
        step.pop("answer", None)
        if found is not None and not step.get("hidden"):
            step["answer"] = found
    names = {name: SHOWN[name] if name in SHOWN else told.showing(name) for name in sorted(told.names)}
    lines = ",\n".join(json.dumps(step, ensure_ascii=False) for step in raw["steps"])
    shown = json.dumps(names, ensure_ascii=False, indent=1)
    STORY.write_text(f'{{"names": {shown},\n"steps": [\n{lines}\n]}}\n', encoding="utf-8")
    assert isinstance(story(), Story)
