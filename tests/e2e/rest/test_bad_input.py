"""Bad input: a clear error that names the place, nothing changed, never a 5xx."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from tests.e2e.rest.bad_bodies import CASES, ID
from tests.e2e.rest.callers import PUSH, Callers, register
from tests.e2e.rest.wiring import execute, serving
from tests.servers import Databases


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_bad_bodies_are_refused_clearly(
    callers: Callers, method: str, path: str, body: bytes, status: int, field: str | None
) -> None:
    """The documented status, a code, the field; no message was stored."""
    answer = callers.tenant.http.request(
        method,
        path.format(application=callers.tenant.id),
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["code"]
    assert problem["detail"]
    if field is not None:
        assert problem["field"] == field
    assert execute(callers.served.database_url, "SELECT count(*) FROM message")[0][0] == 0


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/messages/not-an-id", "message_id"),
        ("/v1/messages/01890000000070008000000000000000x", "message_id"),
        ("/v1/subscriptions/%00", "subscription_id"),
        ("/v1/users/a%00b", "external_id"),
        ("/v1/messages?limit=0", "limit"),
        ("/v1/messages?limit=201", "limit"),
        ("/v1/messages?limit=9999999999999999999999", "limit"),
        ("/v1/messages?limt=5", "limt"),
        ("/v1/messages?limit=1&limit=2", "limit"),
        ("/v1/messages?status=sent", "status"),
        ("/v1/messages?cursor=AAAA", "cursor"),
        ("/v1/messages?cursor=%00", "cursor"),
        ("/v1/messages?created_after=yesterday", "created_after"),
        ("/v1/messages?created_after=0001-01-01T00:00:00%2B14:00", "created_after"),
        ("/v1/subscriptions?user_id=1", "user_id"),
        ("/v1/segments/not-an-id", "segment_id"),
        ("/v1/segments?cursor=AAAA", "cursor"),
    ],
)
def test_bad_paths_and_queries_are_refused_clearly(callers: Callers, path: str, field: str) -> None:
    """422 and the parameter's name."""
    answer = callers.tenant.http.get(path)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


@pytest.mark.parametrize(
    "path", ["/v1/users/%FF%FE", "/v1/users/%ED%A0%80", "/v1/users/" + "%F0%9F%92%A9" * 50]
)
def test_odd_bytes_in_a_path_are_never_a_fault_of_ours(callers: Callers, path: str) -> None:
    """Invalid UTF-8 and surrogates are just names that nobody has."""
    assert callers.tenant.http.get(path).status_code in (404, 422)


def test_a_payload_of_4097_bytes_is_too_large(callers: Callers) -> None:
    """A push carries 4,096 bytes; the error says what to shorten."""
    body = {"content": {"push": {"title": "x", "body": "y" * 4096}}, "external_id": "u"}
    answer = callers.tenant.http.post("/v1/messages", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "content_too_large")
    assert answer.json()["field"].startswith("content.push")


def test_a_body_of_ten_megabytes_is_refused_early(callers: Callers) -> None:
    """413 before it was read, declared or streamed, on ordinary and batch routes."""
    http = callers.tenant.http
    headers = {"Content-Type": "application/json"}
    for path in ("/v1/messages", "/v1/messages/batch", "/v1/users"):
        method = "PUT" if path == "/v1/users" else "POST"
        target = f"{path}/u" if path == "/v1/users" else path
        declared = http.request(method, target, content=b" " * 10_000_000, headers=headers)
        assert (declared.status_code, declared.json()["code"]) == (413, "body_too_large")

        def pieces() -> Any:
            for _ in range(160):
                yield b" " * 65_536

        streamed = http.request(method, target, content=pieces(), headers=headers)
        assert streamed.status_code == 413


def test_a_declared_ten_megabytes_are_refused_before_they_are_sent(callers: Callers) -> None:
    """The answer comes after the headers alone."""
    parts = urlsplit(callers.served.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 10000000\r\nAuthorization: Bearer " + callers.tenant.key.encode() + b"\r\n\r\n"
        )
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")


def test_a_body_of_eight_megabytes_is_read_by_the_batch_route_only(callers: Callers) -> None:
    """64 KB are enough for everything else."""
    body = msgspec.json.encode({"content": PUSH, "recipients": []}) + b" " * 1_000_000
    headers = {"Content-Type": "application/json"}
    assert callers.tenant.http.post("/v1/messages", content=body, headers=headers).status_code == 413
    assert callers.tenant.http.post("/v1/messages/batch", content=body, headers=headers).status_code == 422


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Basic eDp5",
        "Bearer as_live_x_y",
        "Bearer " + "x" * 5000,
        "bearer as_operator__",
        "Bearer \xff",
    ],
)
def test_credentials_that_are_none_are_401(callers: Callers, header: str) -> None:
    """Whatever stands in Authorization."""
    answer = callers.client().get("/v1/me", headers={"Authorization": header.encode("latin-1")})  # type: ignore[dict-item]
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-App-Id": "x"},
        {"X-App-Id": ID, "X-Install-Id": "a" * 129},
        {"X-App-Id": ID, "X-Install-Id": "a", "X-Install-Secret": "b"},
    ],
)
def test_client_headers_that_are_none_are_401(callers: Callers, headers: dict[str, str]) -> None:
    """Missing, malformed or wrong identity of an install."""
    assert callers.client(**headers).get("/v1/client/config").status_code == 401


def test_too_many_requests_are_told_when_to_come_back(
    postgres_server: Databases, template_database: str, nats_url: str
) -> None:
    """Keys, installs and strangers each have their bucket: 429 with Retry-After."""
    from entrypoints.http.settings import HttpSettings

    name = "test_rate_limits"
    url = postgres_server.create(name, template=template_database)
    slow = HttpSettings(
        key_rate_per_second=0.01, key_burst=6, install_rate_per_second=0.01, install_burst=2, failed_burst=3
    )
    try:
        with serving(url, nats_url, slow) as served, Callers(served) as few:
            device = few.new_device(few.tenant)
            for client, path in ((few.tenant.http, "/v1/me"), (device.http, "/v1/client/config")):
                answers = [client.get(path) for _ in range(8)]
                assert answers[0].status_code == 200
                assert answers[-1].status_code == 429
                assert int(answers[-1].headers["retry-after"]) >= 1
                assert answers[-1].json()["code"] == "rate_limited"
            stranger = few.client("as_live_nobody_nothing")
            statuses = [stranger.get("/v1/me").status_code for _ in range(5)]
            assert statuses == [401, 401, 401, 429, 429]
    finally:
        postgres_server.drop(name)


def test_nothing_secret_is_logged(callers: Callers, caplog: pytest.LogCaptureFixture) -> None:
    """Keys, tokens and addresses of good and bad calls appear in no log line."""
    with caplog.at_level("DEBUG"):
        device = callers.new_device(callers.tenant)
        http = callers.tenant.http
        token = "ab" * 32
        register(http, token=token, external_id="planted-user")
        http.post("/v1/subscriptions", json={"type": "KakaoTalk", "token": "planted-address"})
        http.get("/v1/users/planted-user")
        callers.client("as_live_planted00_" + "s" * 43).get("/v1/me")
    lines = [
        record.getMessage() + str(record.__dict__)
        for record in caplog.records
        if record.name.startswith("automata")
    ]
    assert lines
    secret = [
        token,
        "planted-address",
        "planted-user",
        callers.tenant.key,
        device.headers["X-Install-Secret"],
        "s" * 43,
    ]
    assert not [(word, line) for word in secret for line in lines if word in line]
