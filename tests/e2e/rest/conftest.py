"""One served application per module of tests, with callers of every kind."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.e2e.rest.callers import Callers
from tests.e2e.rest.wiring import Served, serving
from tests.servers import Databases


@pytest.fixture(scope="module")
def served(postgres_server: Databases, template_database: str, nats_url: str) -> Iterator[Served]:
    """The whole application over real HTTP, on a database of this module's own."""
    name = f"test_{secrets.token_hex(6)}"
    url = postgres_server.create(name, template=template_database)
    try:
        with serving(url, nats_url) as found:
            yield found
    finally:
        postgres_server.drop(name)


@pytest.fixture(scope="module")
def callers(served: Served) -> Iterator[Callers]:
    """An operator, an application's key, and whatever a test makes with them."""
    with Callers(served) as found:
        yield found


@pytest.fixture(scope="module")
def p8_key() -> str:
    """A signing key in the form that Apple hands out."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
