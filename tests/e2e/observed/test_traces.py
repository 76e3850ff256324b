"""One request is one trace, from the caller to the settled message, across three processes and NATS."""

from __future__ import annotations

import secrets

import pytest

from tests.collector import Seen
from tests.e2e.observed.conftest import Installation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
PATH = (
    ("api", "POST /v1/messages"),
    ("api", "accept"),
    ("api", "release"),
    ("worker", "deliver"),
    ("worker", "send"),
)
"""Each is a child of the one before; what settles is a child of `deliver`, as `send` is."""


def traceparent() -> tuple[str, str, str]:
    """(trace, span, header) of a caller that records."""
    trace, span = secrets.token_hex(16), secrets.token_hex(8)
    return trace, span, f"00-{trace}-{span}-01"


def of(spans: list[Seen], trace: str) -> dict[tuple[str, str], Seen]:
    """The spans of a trace by role and name."""
    return {(one.role, one.name): one for one in spans if one.trace_id == trace}


def test_a_request_is_followed_to_its_settlement(installed: Installation) -> None:
    """The caller's trace id is in every span, and each names the one that it comes from."""
    trace, caller, header = traceparent()
    message_id = installed.send(traceparent=header, **{"x-request-id": "traced-1"})
    spans = installed.collector.wait_for(lambda all_: len(of(all_, trace)) >= len(PATH) + 1)
    found = of(spans, trace)
    assert set(found) == {*PATH, ("worker", "settle")}
    before = caller
    for place in PATH:
        assert found[place].parent_id == before, place
        before = found[place].span_id
    assert found["worker", "settle"].parent_id == found["worker", "deliver"].span_id
    assert not any(one.failed or one.links for one in found.values())
    request = found["api", "POST /v1/messages"].facts
    assert (request["http.route"], request["http.response.status_code"]) == ("/v1/messages", 202)
    assert request["signal.request_id"] == "traced-1"
    sent = found["worker", "send"].facts
    assert (sent["signal.provider"], sent["signal.outcome.accepted"]) == ("apns", 1)
    assert (
        found["worker", "settle"].facts["signal.chunk_id"]
        == found["worker", "deliver"].facts["signal.chunk_id"]
    )
    installed.message(message_id, "successful", "received", "converted")


def test_what_devices_report_is_traced_by_request_and_never_as_they_say(installed: Installation) -> None:
    """The transaction of receipts is a child of their request; a device cannot make us record or join a trace."""
    installed.message(installed.send(), "received", "converted")

    def receipts(spans: list[Seen]) -> list[Seen]:
        return [one for one in spans if one.name == "record receipts"]

    spans = installed.collector.wait_for(lambda all_: bool(receipts(all_)))
    written = receipts(spans)[0]
    parents = [one for one in spans if one.span_id == written.parent_id]
    assert [one.name.split()[1].startswith("/v1/client/") for one in parents] == [True]
    trace, _, header = traceparent()
    installed.http.get("/v1/client/in-app", headers={"traceparent": header})
    trace_after, _, _ = after = traceparent()
    installed.http.get("/v1/messages?limit=1", headers={"traceparent": after[2]})
    installed.collector.wait_for(lambda all_: bool(of(all_, trace_after)))
    assert of(installed.collector.spans, trace) == {}


def test_a_caller_that_does_not_record_is_not_recorded(installed: Installation) -> None:
    """The flag of `traceparent` is honoured in every process: nothing of such a request reaches the collector."""
    quiet, _, header = traceparent()
    installed.message(installed.send(traceparent=f"{header[:-2]}00"), "successful", "received", "converted")
    loud, _, header = traceparent()
    installed.send(traceparent=header)
    installed.collector.wait_for(lambda all_: ("worker", "settle") in of(all_, loud))
    assert of(installed.collector.spans, quiet) == {}


def test_sending_goes_on_while_the_collector_is_away(installed: Installation) -> None:
    """It answers 503: messages arrive all the same, the loss is counted, and later spans arrive again."""
    installed.collector.status = 503
    try:
        for _ in range(3):
            installed.message(installed.send(), "successful", "received", "converted")
        installed.until(
            lambda: installed.metrics("worker"),
            lambda text: 'signal_trace_spans_total{outcome="refused"}' in text,
        )
    finally:
        installed.collector.status = 200
    trace, _, header = traceparent()
    installed.send(traceparent=header)
    installed.collector.wait_for(lambda all_: ("worker", "settle") in of(all_, trace))


def test_traces_carry_no_token_no_address_and_no_body(installed: Installation) -> None:
    """Everything that was posted is searched; the collector's own key travels in the header that was set, and nowhere else."""
    trace, _, header = traceparent()
    installed.send(traceparent=header)
    installed.collector.wait_for(lambda all_: ("worker", "settle") in of(all_, trace))
    posts = list(installed.collector.posts)
    assert {path for path, _, _ in posts} == {"/v1/traces"}
    assert {headers.get("authorization") for _, headers, _ in posts} == {"Bearer COLLECTOR-KEY"}
    text = b"".join(body for _, _, body in posts)
    secret = ["SECRET-BODY", "배송 출발", "COLLECTOR-KEY", installed.note.api_key, "demo-user-1"]
    secret += [
        value for device in installed.note.enrolments for value in (device["token"], device["install_secret"])
    ]
    assert [one for one in secret if one.encode() in text] == []
