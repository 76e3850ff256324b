"""The frame around every request: problems, headers, sizes, media types, limits, log lines, the docs page."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from domain.shared.errors import (
    CommitUnknown,
    Conflict,
    ContentTooLarge,
    CreditExhausted,
    Forbidden,
    IdempotencyMismatch,
    IllegalTransition,
    InvalidInput,
    NotConfigured,
    NotFound,
    RateLimited,
    SignalError,
    Unauthenticated,
    Unavailable,
)
from entrypoints.http.composition import compose
from entrypoints.http.decoding import In, Out
from entrypoints.http.languages import language_of
from entrypoints.http.problem import status_of
from entrypoints.http.route import Access, Call, Caller, Part, Reply, Route
from entrypoints.http.settings import HttpSettings
from tests.unit.rest.bags import application


class Note(In):
    text: str


class Size(Out):
    size: int


async def measure(_: None, call: Call) -> Reply:
    if call.body.text == "bug":
        raise RuntimeError("planted-secret in a message")
    if call.body.text == "away":
        raise ConnectionRefusedError("planted-secret at 10.0.0.1")
    return Reply(Size(size=len(call.body.text)), headers={"X-Key": call.idempotency_key or ""})


async def let_in(request: Any, route: Any) -> Caller:
    return Caller(None)


ROUTE: Route[None] = Route(
    method="POST",
    path="/notes/{external_id}",
    name="measure",
    tag="notes",
    summary="Measure",
    access=Access.KEY,
    body=Note,
    replies={200: Size},
    idempotent=True,
    handler=measure,
)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = compose([Part((ROUTE,), None, let_in)], HttpSettings(body_limit=1000))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput(), 422),
        (ContentTooLarge(), 422),
        (NotConfigured(), 422),
        (NotFound(), 404),
        (Unauthenticated(), 401),
        (Forbidden(), 403),
        (Conflict(), 409),
        (IllegalTransition(), 409),
        (IdempotencyMismatch(), 409),
        (CreditExhausted(), 402),
        (RateLimited(), 429),
        (Unavailable(), 503),
        (CommitUnknown(), 503),
        (SignalError(), 500),
    ],
)
def test_each_error_has_its_status(error: SignalError, status: int) -> None:
    """One table maps classes; a class without a line follows its ancestor."""
    assert status_of(error) == status


async def test_problems_say_what_and_where(client: httpx.AsyncClient) -> None:
    """RFC 9457 members, a stable code, the field and a fix."""
    answer = await client.post("/notes/a", json={"text": 1})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 422
    assert problem["code"] == "invalid_input"
    assert problem["field"] == "text"
    assert problem["fix"]
    assert problem["retryable"] is False
    assert problem["type"] == "/docs#invalid_input"
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_problems_are_korean_for_who_prefers_it(client: httpx.AsyncClient) -> None:
    """Title, detail and fix follow Accept-Language; code, field and status never do, nor does anything without the header."""
    plain, english, korean = [
        await client.post("/notes/a", json={"text": 1}, headers=headers)
        for headers in ({}, {"Accept-Language": "en, ko"}, {"Accept-Language": "ko-KR, en;q=0.5"})
    ]
    stable = ("type", "status", "code", "field", "retryable")
    assert [korean.json()[name] for name in stable] == [plain.json()[name] for name in stable]
    assert korean.json()["title"] == "잘못된 입력"
    assert korean.json()["detail"] == "`str` 타입이어야 하는데 `int` 타입입니다"
    assert korean.json()["fix"] == "/openapi.json의 스키마에 맞는 값을 보내세요"
    assert (korean.headers["content-language"], korean.headers["vary"]) == ("ko", "Accept-Language")
    assert english.json()["detail"] == plain.json()["detail"] == "Expected `str`, got `int`"
    assert "content-language" not in plain.headers
    missing = await client.get("/nowhere", headers={"Accept-Language": "ko"})
    assert missing.json()["detail"] == "그런 경로가 없습니다"


async def test_a_bug_is_answered_without_its_message(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """An unforeseen exception is a 500 problem; neither answer nor log quote what it said."""
    with caplog.at_level(logging.DEBUG):
        answer = await client.post("/notes/a", json={"text": "bug"})
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "planted-secret" not in answer.text
    assert "planted-secret" not in caplog.text
    assert "RuntimeError" in caplog.text


async def test_a_lost_backend_is_unavailable(client: httpx.AsyncClient) -> None:
    """Refused connections are 503 with Retry-After, not 500."""
    answer = await client.post("/notes/a", json={"text": "away"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1


async def test_sizes_are_capped_whether_declared_or_not(client: httpx.AsyncClient) -> None:
    """A declared length over the cap and a stream that grows over it are both 413; the cap itself passes."""
    huge = b'{"text":"' + b"x" * 2000 + b'"}'

    async def stream() -> AsyncIterator[bytes]:
        for start in range(0, len(huge), 100):
            yield huge[start : start + 100]

    headers = {"Content-Type": "application/json"}
    assert (await client.post("/notes/a", content=huge, headers=headers)).status_code == 413
    assert (await client.post("/notes/a", content=stream(), headers=headers)).status_code == 413
    exact = b'{"text":"' + b"x" * (1000 - 11) + b'"}'
    assert len(exact) == 1000
    assert (await client.post("/notes/a", content=exact, headers=headers)).json() == {"size": 989}


@pytest.mark.parametrize("media", ["text/plain", "application/x-ndjson", "", "application/jsonp"])
async def test_other_media_types_are_refused(client: httpx.AsyncClient, media: str) -> None:
    """Only what the route declares is read."""
    headers = {"Content-Type": media} if media else {}
    answer = await client.post("/notes/a", content=b'{"text":"x"}', headers=headers)
    assert answer.status_code == 415


async def test_unknown_and_repeated_query_parameters_are_refused(client: httpx.AsyncClient) -> None:
    """A misspelt parameter is an error that names it, never ignored."""
    assert (await client.post("/notes/a?lmit=1", json={"text": "x"})).json()["field"] == "lmit"
    assert (await client.post("/notes/a?a=1&a=2", json={"text": "x"})).json()["field"] == "a"


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "caf\xe9"])
async def test_bad_idempotency_keys_are_refused(client: httpx.AsyncClient, key: str) -> None:
    """1 to 255 visible ASCII characters."""
    headers = {"Idempotency-Key": key.encode("latin-1")}
    answer = await client.post("/notes/a", json={"text": "x"}, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 422
    assert answer.json()["field"] == "Idempotency-Key"


async def test_unknown_paths_and_methods_are_problems(client: httpx.AsyncClient) -> None:
    """404 and 405 in the same form; 405 says what is allowed."""
    assert (await client.get("/nowhere")).json()["code"] == "not_found"
    answer = await client.delete("/notes/a")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json()["code"] == "method_not_allowed"


async def test_path_parameters_may_hold_slashes_and_no_nul(client: httpx.AsyncClient) -> None:
    """An external id with a slash reaches its route; one with a NUL is refused."""
    assert (await client.post("/notes/a%2Fb", json={"text": "x"})).status_code == 200
    assert (await client.post("/notes/a%00b", json={"text": "x"})).json()["field"] == "external_id"


async def test_request_ids_are_echoed_when_harmless(client: httpx.AsyncClient) -> None:
    """A usable X-Request-Id comes back; one that could forge a log line is replaced."""
    answer = await client.get("/nowhere", headers={"X-Request-Id": "abc-1"})
    assert answer.headers["x-request-id"] == "abc-1"
    answer = await client.get("/nowhere", headers={"X-Request-Id": "a b;evil"})
    assert answer.headers["x-request-id"] not in ("a b;evil", "")


async def test_security_headers_stand_on_every_answer(client: httpx.AsyncClient) -> None:
    """Also on errors."""
    answer = await client.get("/nowhere")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_the_access_line_names_the_route_not_the_path(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """What a caller put into the path, query or headers is not in the log."""
    with caplog.at_level(logging.INFO, logger="automata_signal.access"):
        await client.post("/notes/planted-id?planted-query=1", json={"text": "x"})
    (record,) = [one for one in caplog.records if one.name == "automata_signal.access"]
    assert record.__dict__["route"] == "/notes/{external_id}"
    assert record.__dict__["status"] == 422
    assert "planted" not in str(record.__dict__)


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        (None, "fr, ko", "ko"),
        ("en", "ko", "en"),
        ("xx", "ko", "ko"),
    ],
)
def test_the_docs_choose_their_language(asked: str | None, accepted: str, language: str) -> None:
    """`?lang=` before Accept-Language before English."""
    assert language_of(asked, accepted) == language


async def test_the_docs_page_needs_no_foreign_file() -> None:
    """Every operation and every error code is on the page; no script, and the policy allows none."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application()), base_url="http://test"
    ) as client:
        page = await client.get("/docs", headers={"Accept-Language": "ko"})
        english = await client.get("/docs?lang=en")
    assert page.headers["content-language"] == "ko"
    assert "요청 본문" in page.text
    assert "Request body" in english.text
    assert 'id="send_batch"' in page.text
    assert 'id="not_found"' in page.text
    assert "<script" not in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_probes_want_no_credentials_and_readiness_is_told() -> None:
    """/healthz is alive without anything; /readyz is 503 and names what does not answer."""
    answers = {"database": True}

    async def readiness() -> dict[str, bool]:
        return answers

    app = application(readiness=readiness)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/healthz")).json() == {"status": "alive"}
        assert (await client.get("/readyz")).json() == {"status": "ready", "checks": {"database": True}}
        answers["database"] = False
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["failing"] == ["database"]
