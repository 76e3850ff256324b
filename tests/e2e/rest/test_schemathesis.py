"""Schemathesis against /openapi.json, as operator, application and device: no 5xx, nothing the document does not say.

Bounded and repeatable: a fixed number of examples per operation, drawn without randomness.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from entrypoints.client_api.application import ROUTES as CLIENT
from entrypoints.rest.application import ROUTES as REST
from tests.e2e.rest.callers import Callers, Tenant

EXAMPLES = {"operator": 3, "application": 5, "device": 8}
"""Of valid and of invalid requests, per operation: eight of each, whoever makes them."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CREDENTIALS = [("operator", route.name) for route in REST]
CREDENTIALS += [("application", route.name) for route in REST]
CREDENTIALS += [("device", route.name) for route in CLIENT]
BREAKABLE = [
    (who, name)
    for who, name in CREDENTIALS
    if next(route.parameters or route.body or route.query for route in (*REST, *CLIENT) if route.name == name)
]
"""Operations with something about them that can be invalid."""
READS = {route.name for route in (*REST, *CLIENT) if route.method == "GET"}
PATHS = {route.name: route.parameters for route in (*REST, *CLIENT)}


@pytest.fixture(scope="module")
def schema(callers: Callers) -> Any:
    """The document as it is served."""
    return schemathesis.openapi.from_url(f"{callers.served.url}/openapi.json")


Identity = tuple[dict[str, str], dict[str, str]]


@pytest.fixture(scope="module")
def readers() -> dict[str, Identity]:
    """Identities that only read, and may be shared."""
    return {}


@pytest.fixture
def identity(who: str, name: str, callers: Callers, readers: dict[str, Identity]) -> Identity:
    """Credentials, and ids of things that may be touched with them; a fresh application for what changes something."""
    if name not in READS:
        return headers_of(who, callers)
    if who not in readers:
        readers[who] = headers_of(who, callers)
    return readers[who]


def headers_of(who: str, callers: Callers) -> Identity:
    """Credentials of a new application, and ids that it owns."""
    return credentials(who, callers, callers.furnish(callers.new_tenant()))


def credentials(who: str, callers: Callers, tenant: Tenant) -> Identity:
    """What this caller sends along, and what there is in the application for it to name."""
    if who == "operator":
        return {
            "Authorization": f"Bearer {callers.served.operator_key}",
            "X-Application-Id": tenant.id,
        }, tenant.things
    if who == "application":
        return {"Authorization": f"Bearer {tenant.key}", "X-Application-Id": tenant.id}, tenant.things
    device = callers.new_device(tenant)
    return device.headers, {**tenant.things, "subscription_id": device.subscription_id}


@pytest.mark.slow
@pytest.mark.parametrize(("who", "name"), CREDENTIALS)
def test_valid_requests_are_answered_as_documented(
    who: str, name: str, schema: Any, callers: Callers, identity: Identity
) -> None:
    """Bodies and queries that fit the document, on things that exist: every answer is one it lists."""
    headers, things = identity
    operation = schema.find_operation_by_id(name)
    strategy = operation.as_strategy(
        GenerationMode.POSITIVE,
        headers=headers,
        path_parameters={one: things[one] for one in PATHS[name]},
        **json_only(operation),
    )
    run(strategy, EXAMPLES[who], lambda case, session: check(case, session, callers, headers, CHECKS))


@pytest.mark.slow
@pytest.mark.parametrize(("who", "name"), BREAKABLE)
def test_invalid_requests_are_refused_as_documented(
    who: str, name: str, schema: Any, callers: Callers
) -> None:
    """Whatever breaks the document is refused with a documented 4xx, in an application that has nothing yet."""
    headers, _ = credentials(who, callers, callers.new_tenant())
    operation = schema.find_operation_by_id(name)
    strategy = operation.as_strategy(GenerationMode.NEGATIVE, headers=headers, **json_only(operation))
    run(
        strategy,
        EXAMPLES[who],
        lambda case, session: check(case, session, callers, headers, [*CHECKS, negative_data_rejection]),
    )


def json_only(operation: Any) -> dict[str, str]:
    return {"media_type": "application/json"} if operation.body else {}


def run(strategy: Any, wanted: int, examine: Callable[[Any, requests.Session], None]) -> None:
    with requests.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")

        @given(case=strategy)
        @settings(
            max_examples=wanted,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def examples(case: Any) -> None:
            examine(case, session)

        examples()


def check(
    case: Any, session: requests.Session, callers: Callers, headers: dict[str, str], checks: list[Any]
) -> None:
    response = case.call(base_url=callers.served.url, session=session, headers=headers)
    case.validate_response(response, checks=checks)
