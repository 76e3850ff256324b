"""Every line is one JSON object that says what it is about: request, chunk, message, trace."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import pytest

from tests.e2e.observed.conftest import Installation, sql

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_a_message_is_found_in_the_logs_by_its_ids(installed: Installation) -> None:
    """The API's line of a call has request, message and trace; the worker's about the same message has chunk, message and trace."""
    trace = secrets.token_hex(16)
    person, subscription = "demo-user-10", installed.note.enrolments[9]["subscription_id"]
    kept = "SELECT token_ciphertext FROM subscription WHERE id = $1::text::uuid"
    ((sealed,),) = sql(installed.database_url, kept, subscription)
    write = "UPDATE subscription SET token_ciphertext = $2 WHERE id = $1::text::uuid"
    sql(installed.database_url, write, subscription, b"\x01" * len(sealed))
    headers = {"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01", "x-request-id": f"log-{trace[:8]}"}
    message_id = installed.send(person, **headers)
    installed.message(message_id, "failed")
    sql(installed.database_url, write, subscription, sealed)

    def about(role: str, field: str, value: str) -> list[Mapping[str, Any]]:
        return [line for line in installed.lines(role) if line.get(field) == value]

    accepted = [
        line for line in about("api", "request_id", f"log-{trace[:8]}") if line["event"] == "accepted"
    ]
    assert [(one["message_ids"], one["trace_id"]) for one in accepted] == [([message_id], trace)]
    (answered,) = [
        line for line in about("api", "request_id", f"log-{trace[:8]}") if line["event"] == "request"
    ]
    assert (answered["route"], answered["status"], answered["trace_id"]) == ("/v1/messages", 202, trace)
    (spoiled,) = about("worker", "message_id", message_id)
    chunk = sql(
        installed.database_url, "SELECT chunk_id::text FROM message WHERE id = $1::text::uuid", message_id
    )
    assert (spoiled["level"], spoiled["role"], spoiled["trace_id"]) == ("error", "worker", trace)
    assert spoiled["chunk_id"] == chunk[0]["chunk_id"]
    assert len(spoiled["span_id"]) == 16
    for role in installed.stack.roles:
        assert all(
            {"event", "level", "timestamp", "logger", "role"} <= set(one) for one in installed.lines(role)
        )
