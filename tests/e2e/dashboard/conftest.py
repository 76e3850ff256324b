"""One served installation per module, its first owner signed in."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.crypto.keyring import Keyring
from application.operators.commands import InviteCommand
from bootstrap.node import open_node
from bootstrap.node_report import telling_of
from bootstrap.settings import Settings
from domain.alimtalk.template import KakaoTemplate
from domain.operators.roles import Role
from tests.e2e.dashboard.visitor import Visitor
from tests.e2e.rest.wiring import Served, execute, serving
from tests.servers import Databases, apart


class Installation:
    """The server, and a way to make people for it."""

    def __init__(self, served: Served, settings: Settings) -> None:
        self.served = served
        self._settings = settings
        self._people: list[Visitor] = []

    def link(self, role: Role, email: str | None = None) -> str:
        """An invitation's path, made as the command line makes it."""

        async def invite() -> str:
            async with open_node(self._settings, "command") as node:
                command = InviteCommand(role=role, email=email, actor="tests")
                return (await node.use_cases.invite_operator()(command)).secret

        return f"/dashboard/set-up/{apart(invite())}"

    def approve(self, template: KakaoTemplate) -> None:
        """Mirror an AlimTalk template, as after a look at the provider."""

        async def put() -> None:
            async with open_node(self._settings, "command") as node:
                await node.infrastructure.kakao_templates().put([template])

        apart(put())

    def stranger(self, email: str) -> Visitor:
        database = self.served.database_url

        def forget_codes() -> None:
            execute(database, "UPDATE operator SET code_step = 0 WHERE email = $1", email)

        self._people.append(Visitor(self.served.url, email, forget_codes=forget_codes))
        return self._people[-1]

    def person(self, role: Role) -> Visitor:
        """Somebody new with this role, signed in."""
        found = self.stranger(f"{role.value}-{secrets.token_hex(4)}@example.com")
        assert found.set_up(self.link(role, found.email)).status_code == 303
        assert found.sign_in().status_code == 303
        return found

    def write_exports(self) -> None:
        """What the scheduler would do now."""

        async def write() -> None:
            async with open_node(self._settings, "command") as node:
                step = node.use_cases.write_exports()
                while await step():
                    pass

        apart(write())

    @contextmanager
    def telling(self, role: str) -> Iterator[None]:
        """A process of this role tells of itself while the block runs."""
        told, over = threading.Event(), threading.Event()

        async def tell() -> None:
            async with open_node(self._settings, "command") as node, telling_of(node, role):
                reports = node.infrastructure.node_reports()
                while not await reports.since(datetime.now(UTC) - timedelta(seconds=30)):
                    await asyncio.sleep(0.05)
                told.set()
                await asyncio.to_thread(over.wait, 60)

        with ThreadPoolExecutor(1) as thread:
            running = thread.submit(asyncio.run, tell())
            try:
                assert told.wait(20)
                yield
            finally:
                over.set()
            running.result(20)

    def close(self) -> None:
        for one in self._people:
            one.close()


@pytest.fixture(scope="module")
def installation(
    postgres_server: Databases,
    template_database: str,
    nats_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """The whole application over real HTTP, on a database of this module's own."""
    name = f"test_{secrets.token_hex(6)}"
    url = postgres_server.create(name, template=template_database)
    keys = SecretStr(Keyring.generate().text())
    folder: Path = tmp_path_factory.mktemp("dashboard")
    own = {
        "database_url": SecretStr(url),
        "nats_url": SecretStr(nats_url),
        "signal_keys": keys,
        "data_folder": folder,
    }
    try:
        with serving(url, nats_url, signal_keys=keys) as served:
            found = Installation(served, Settings().model_copy(update=own))
            yield found
            found.close()
    finally:
        postgres_server.drop(name)


@pytest.fixture(scope="module")
def owner(installation: Installation) -> Visitor:
    """An owner, signed in."""
    return installation.person(Role.OWNER)


@pytest.fixture(scope="module")
def application(owner: Visitor) -> str:
    """The path of an application."""
    made = owner.post("/dashboard/apps/new", {"name": "나들이 주식회사", "time_zone": "Asia/Seoul"})
    assert made.status_code == 303, made.text
    return str(made.headers["location"]).partition("/settings")[0]
