"""The document says what the application does: routes, fields, names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, get_args

import httpx
import jsonschema
import pytest
from msgspec import Meta
from starlette.routing import Route as StarletteRoute

from domain.applications.scopes import Scope
from domain.audience.device import Permission
from domain.messaging.lifecycle import Status
from domain.quota.entries import BillingMode, EntryKind
from domain.shared.channels import Channel, Lane, SubscriptionType
from entrypoints.client_api.application import ROUTES as CLIENT
from entrypoints.http import wire
from entrypoints.http.openapi import openapi_document
from entrypoints.http.operation import PathEndpoint
from entrypoints.http.route import PARAMETERS, Access
from entrypoints.http.settings import HttpSettings
from entrypoints.rest.application import ROUTES as REST
from entrypoints.rest.keys import ScopeName
from entrypoints.rest.ledger import KindName
from tests.unit.rest.bags import application

ERD = {
    "APPLICATION": "id name api_key settings created_at updated_at is_active",
    "USER": "id external_id application_id created_at last_active_at is_archived",
    "SUBSCRIPTION": "id token type user_id application_id device_model device_os device_language app_version sdk_version"
    " country_code test_type tags subscription_status subscribed_at unsubscribed_at last_active_at"
    " total_messages_received total_messages_converted is_archived",
    "MESSAGE": "id title body data user_id subscription_id application_id campaign_id status channel_type created_at sent_at"
    " received_at converted_at failed_at error_reason error_details version_history",
    "MESSAGE_EVENT": "id message_id event_type occurred_at metadata version_history",
    "SUBSCRIPTION_EVENT": "id user_id subscription_id application_id event_type channel source reason occurred_at",
    "MESSAGE_CAMPAIGN": "id application_id template_id name title body data campaign_type scheduled_at created_at sent_at"
    " created_by targeting_criteria total_recipients successful_count failed_count status",
    "MESSAGE_QUOTA": "id application_id daily_quota monthly_quota daily_used monthly_used reset_date",
    "MESSAGE_TEMPLATE": "id application_id name title_template body_template data_template description created_at"
    " updated_at is_active version",
}
"""The fields of the specification's entities (section 3.3); campaigns come later."""
SCHEMAS = {
    "APPLICATION": ["ApplicationOut", "IssuedKey"],
    "USER": ["UserOut"],
    "SUBSCRIPTION": ["SubscriptionOut", "RegistrationIn"],
    "MESSAGE": ["MessageOut"],
    "MESSAGE_EVENT": ["MessageEventOut"],
    "SUBSCRIPTION_EVENT": ["SubscriptionEventOut"],
    "MESSAGE_CAMPAIGN": ["CampaignOut"],
    "MESSAGE_QUOTA": ["QuotaOut"],
    "MESSAGE_TEMPLATE": ["TemplateOut"],
}
"""A key and a token are told or taken, never both: they stand in the answer and the request that do so."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document([*REST, *CLIENT], HttpSettings())


@pytest.mark.parametrize("entity", ERD)
def test_every_field_of_the_specifications_entities_is_documented(
    entity: str, document: dict[str, Any]
) -> None:
    """Names on the wire are the specification's."""
    schemas = document["components"]["schemas"]
    found = {name for schema in SCHEMAS[entity] for name in schemas[schema]["properties"]}
    assert set(ERD[entity].split()) <= found


def test_the_document_lists_exactly_the_routes_that_answer(document: dict[str, Any]) -> None:
    """Each path and method of the router is documented, and nothing else is."""
    served = set()
    for route in application().routes:
        assert isinstance(route, StarletteRoute)
        if isinstance(route.app, PathEndpoint):
            path = re.sub(r"{(\w+):\w+}", r"{\1}", route.path)
            served |= {(path, method) for method in route.app.operations}
    documented = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    assert served == documented


async def test_the_document_is_served_as_json() -> None:
    """GET /openapi.json answers the same document, for both APIs."""
    transport = httpx.ASGITransport(application())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(openapi_document([*REST, *CLIENT], HttpSettings())))


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """No dangling $ref, and every schema is valid JSON Schema 2020-12."""
    for reference in _references(document):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    """Generators of clients name their functions after them."""
    ids = [
        operation["operationId"] for methods in document["paths"].values() for operation in methods.values()
    ]
    assert len(ids) == len(set(ids))


def test_request_objects_refuse_unknown_fields(document: dict[str, Any]) -> None:
    """What the decoder refuses, the document forbids."""
    for route in (*REST, *CLIENT):
        if route.body is not None:
            assert document["components"]["schemas"][route.body.__name__]["additionalProperties"] is False


@pytest.mark.parametrize("route", [*REST, *CLIENT], ids=lambda route: route.name)
def test_routes_say_who_may_call_them(route: Any) -> None:
    """Every route but the probes wants credentials, and every route of data or administration a known scope."""
    if route.access is Access.PUBLIC:
        assert route.path in ("/healthz", "/readyz", "/v1/exports/{export_id}/file")
    elif route.access in (Access.DATA, Access.PATH, Access.OPERATOR):
        assert route.scope in set(Scope)
    assert route.path.startswith("/v1/client/") == (route.access in (Access.INSTALL, Access.FIRST_CALL))
    assert set(route.parameters) <= set(PARAMETERS)


@pytest.mark.parametrize(
    ("names", "members"),
    [
        (wire.ChannelName, [one.wire for one in Channel]),
        (wire.TypeName, [one.wire for one in SubscriptionType]),
        (wire.LaneName, [one.wire for one in Lane]),
        (wire.StatusName, [one.wire for one in Status]),
        (wire.PermissionName, list(Permission)),
        (wire.BillingModeName, list(BillingMode)),
        (ScopeName, list(Scope)),
        (KindName, list(EntryKind)),
        (PARAMETERS["type"], [one.wire for one in SubscriptionType]),
    ],
)
def test_names_on_the_wire_are_the_domains(names: Any, members: list[str]) -> None:
    """A value added to the domain must be added to the document."""
    assert set(_members(names)) == set(members)


def _members(names: Any) -> Iterable[str]:
    """Of a literal its arguments, of text that is open to declared names those that the document lists."""
    for argument in get_args(names):
        if isinstance(argument, Meta):
            assert argument.extra_json_schema is not None
            return list(argument.extra_json_schema["enum"])
    return get_args(names)


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
