"""What tests of the SDK's contract run against: the whole application over real HTTP."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.crypto.keyring import Keyring
from tests.e2e.rest.callers import Callers
from tests.e2e.rest.wiring import Served, serving
from tests.e2e.sdk.phones import compiled_driver
from tests.servers import Databases


@pytest.fixture(scope="module")
def served(postgres_server: Databases, template_database: str, nats_url: str, keys: str) -> Iterator[Served]:
    """On a database of this module's own."""
    name = f"test_{secrets.token_hex(6)}"
    url = postgres_server.create(name, template=template_database)
    try:
        with serving(url, nats_url, signal_keys=SecretStr(keys)) as found:
            yield found
    finally:
        postgres_server.drop(name)


@pytest.fixture(scope="package")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The phones' program, compiled once for the whole folder."""
    return compiled_driver(tmp_path_factory.mktemp("driver"))


@pytest.fixture(scope="module")
def keys() -> str:
    """What the server seals with."""
    return Keyring.generate().text()


@pytest.fixture(scope="module")
def callers(served: Served) -> Iterator[Callers]:
    """An operator, and applications with keys."""
    with Callers(served) as found:
        yield found
