"""Suppressed addresses over REST: listed without the address, checked when sending, lifted when asked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.rest.callers import Callers, Tenant


@pytest.fixture
def tenant(callers: Callers) -> Tenant:
    return callers.new_tenant()


def suppress(tenant: Tenant, address: str, channel: str = "email", **more: str) -> Any:
    body = {"channel": channel, "address": address, **more}
    return tenant.http.post("/v1/suppressions", json=body)


def test_an_address_is_suppressed_once_and_never_shown(tenant: Tenant) -> None:
    """The same address again, written in another way, is the same suppression."""
    first = suppress(tenant, "Kim@Example.com")
    again = suppress(tenant, "Kim@EXAMPLE.com", reason="complaint")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (first.json()["reason"], first.json()["source"]) == ("manual", "api")
    assert "example" not in first.text.lower()
    assert len(tenant.http.get("/v1/suppressions").json()["items"]) == 1


def test_the_list_is_paged_newest_first_and_can_be_asked_for_one_address(tenant: Tenant) -> None:
    """By channel and address; an address wants its channel."""
    made = [suppress(tenant, f"user{n}@example.com").json()["address_hash"] for n in range(5)]
    phone = suppress(tenant, "010-1234-5678", "sms").json()["address_hash"]
    seen, cursor = [], None
    while True:
        query = {"limit": 2, **({} if cursor is None else {"cursor": cursor})}
        page = tenant.http.get("/v1/suppressions", params=query).json()
        seen += [one["address_hash"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [phone, *reversed(made)]
    found = tenant.http.get("/v1/suppressions", params={"channel": "sms", "address": "+821012345678"}).json()
    assert [one["address_hash"] for one in found["items"]] == [phone]
    assert len(tenant.http.get("/v1/suppressions", params={"channel": "sms"}).json()["items"]) == 1
    assert tenant.http.get("/v1/suppressions", params={"address": "a@example.com"}).status_code == 422
    assert tenant.http.get("/v1/suppressions", params={"cursor": "AAAA"}).status_code == 422


def test_a_suppressed_address_is_registered_with_its_code_and_lifting_subscribes_it(tenant: Tenant) -> None:
    """It survives whatever happens to subscriptions; the code goes with the suppression."""
    hash_ = suppress(tenant, "lee@example.com", reason="complaint").json()["address_hash"]
    body = {"type": "Email", "token": "lee@example.com", "external_id": "lee"}
    registered = tenant.http.post("/v1/subscriptions", json=body).json()
    assert registered["subscription_status"] == -44
    lifted = tenant.http.delete(f"/v1/suppressions/email/{hash_}")
    assert lifted.status_code == 204
    path = f"/v1/subscriptions/{registered['id']}"
    assert tenant.http.get(path).json()["subscription_status"] == 1
    assert tenant.http.delete(f"/v1/suppressions/email/{hash_}").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channel": "push", "address": "a@example.com"}, "channel"),
        ({"channel": "pigeon", "address": "a@example.com"}, "channel"),
        ({"channel": "email", "address": "not an address"}, "address"),
        ({"channel": "email", "address": ""}, "address"),
        ({"channel": "email", "address": "a@example.com", "reason": "mood"}, "reason"),
        ({"channel": "email"}, "address"),
    ],
)
def test_what_cannot_be_suppressed_is_refused_by_field(
    tenant: Tenant, body: dict[str, Any], field: str
) -> None:
    """And nothing is suppressed."""
    answer = tenant.http.post("/v1/suppressions", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert tenant.http.get("/v1/suppressions").json()["items"] == []
