"""The FCM route over real HTTP/2: bodies as Google wants them, every error, access tokens, pacing."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import attrs
import pytest

from domain.messaging.outcome import Accepted, CredentialFault, Deferred, NotAttempted, Outcome, Rejected
from tests.conformance.channels.kit import outcomes_of, without_details
from tests.conformance.channels.push import FcmCase
from tests.integration.simulator.harness import ServiceAccountPair, device_token

ONE = device_token(1)


async def send(case: FcmCase, *tokens: str, faulty: bool = False, **changes: Any) -> list[Outcome]:
    """Send to these tokens with a sender of its own."""
    sender = case.open_faulty() if faulty else case.open()
    try:
        return await outcomes_of(sender, case.batch(tokens, **changes))
    finally:
        await sender.close()


async def test_the_message_is_taken_and_its_name_is_kept(fcm: FcmCase) -> None:
    """projects/<project>/messages/<id>; the body names token, tag and time to live."""
    sender = fcm.open()
    batch = fcm.batch(["cXy_-1:APA91b.~"])
    (outcome,) = await outcomes_of(sender, batch)
    await sender.close()
    assert isinstance(outcome, Accepted)
    assert (outcome.provider_id or "").startswith("projects/demo-project/messages/")
    (request,) = fcm.sim.control.get("/control/requests", params={"last": 1}).json()
    assert request["path"] == "/v1/projects/demo-project/messages:send"
    message = json.loads(request["body"])["message"]
    assert message["token"] == "cXy_-1:APA91b.~"
    assert message["android"]["notification"]["tag"] == str(batch.envelopes[0].message_id)
    assert message["data"]["as_mid"] == str(batch.envelopes[0].message_id)
    assert 259_000 < int(message["android"]["ttl"].removesuffix("s")) <= 259_200


OUTCOMES: dict[str, Outcome] = {
    "UNREGISTERED": Rejected("UNREGISTERED", subscription_code=-10),
    "SENDER_ID_MISMATCH": Rejected("SENDER_ID_MISMATCH", subscription_code=-6, damage=True),
    "INVALID_REGISTRATION": Rejected("INVALID_ARGUMENT", subscription_code=-10, damage=True),
    "INVALID_ARGUMENT": Rejected("INVALID_ARGUMENT", bug=True),
    "QUOTA_EXCEEDED": Deferred("QUOTA_EXCEEDED", retry_after=60.0, throttle=True),
    "DEVICE_QUOTA_EXCEEDED": Deferred("QUOTA_EXCEEDED", retry_after=60.0),
    "TOPIC_QUOTA_EXCEEDED": Deferred("QUOTA_EXCEEDED", retry_after=60.0),
    "THIRD_PARTY_AUTH_ERROR": CredentialFault("THIRD_PARTY_AUTH_ERROR", 7),
    "UNAUTHENTICATED": CredentialFault("UNAUTHENTICATED", 7),
    "PERMISSION_DENIED": CredentialFault("PERMISSION_DENIED", 7),
    "NOT_FOUND": CredentialFault("NOT_FOUND", 7),
    "UNAVAILABLE": Deferred("UNAVAILABLE"),
    "INTERNAL": Deferred("INTERNAL"),
    "UNSPECIFIED_ERROR": Deferred("UNSPECIFIED_ERROR", max_attempts=3),
    "BAD_GATEWAY": Deferred("http_502", unknown=True),
    "DEADLINE_EXCEEDED": Deferred("http_504", unknown=True),
}


@pytest.mark.parametrize("failure", OUTCOMES)
async def test_every_failure_on_the_wire_has_its_outcome(fcm: FcmCase, failure: str) -> None:
    """Status and body of the real answer, read off the connection."""
    fcm.rules({"token": ONE, "outcome": failure})
    (outcome,) = await send(fcm, ONE)
    assert without_details(outcome) == OUTCOMES[failure]


async def test_the_projects_quota_slows_the_bucket_once_and_stops_the_batch(fcm: FcmCase) -> None:
    """Google's Retry-After holds for everybody who sends for this project."""
    wait = {"seconds": 30}
    fcm.rules({"token_prefix": "0", "outcome": "QUOTA_EXCEEDED", "retry_after": wait})
    sender = fcm.open(max_in_flight=10)
    outcomes = await outcomes_of(sender, fcm.batch([device_token(n) for n in range(100)]))
    await sender.close()
    assert fcm.pacing.slowed == [("fcm:demo-project", 30.0)]
    throttled = [outcome for outcome in outcomes if isinstance(outcome, Deferred)]
    assert len(throttled) < 50
    assert all(outcome.throttle and outcome.retry_after == 30.0 for outcome in throttled)
    assert outcomes[-1] == NotAttempted("throttled", retry_after=30.0)


async def test_turns_are_reserved_in_the_projects_bucket(fcm: FcmCase) -> None:
    """At the configured rate, never more than a second's worth at once."""
    sender = fcm.open(fcm_rate=40.0)
    await outcomes_of(sender, fcm.batch([device_token(n) for n in range(100)]))
    await sender.close()
    assert fcm.pacing.reserved == [("fcm:demo-project", n, 40.0) for n in (40, 40, 20)]


async def test_one_access_token_serves_all_and_is_fetched_once(fcm: FcmCase) -> None:
    """Single flight: concurrent first batches share one request to the token endpoint."""
    sender = fcm.open()
    batches = [fcm.batch([device_token(n)]) for n in range(8)]
    results = await asyncio.gather(*[outcomes_of(sender, batch) for batch in batches])
    await sender.close()
    assert {type(outcome) for (outcome,) in results} == {Accepted}
    assert fcm.sim.stats()["oauth"] == {"issued": 1}


async def test_a_token_near_its_end_is_fetched_anew(fcm: FcmCase) -> None:
    """Five minutes early: a token that lives 200 seconds serves one batch."""
    fcm.sim.play(oauth={"expires_in": 200})
    sender = fcm.open()
    for n in range(3):
        assert isinstance((await outcomes_of(sender, fcm.batch([device_token(n)])))[0], Accepted)
    await sender.close()
    assert fcm.sim.stats()["oauth"] == {"issued": 3}


async def test_a_failed_early_fetch_is_forgiven_while_the_token_lives(fcm: FcmCase) -> None:
    """The old token still works, so nothing stops."""
    fcm.sim.play(oauth={"expires_in": 200})
    sender = fcm.open()
    await outcomes_of(sender, fcm.batch([ONE]))
    fcm.sim.play(oauth={"error": "invalid_grant"})
    (outcome,) = await outcomes_of(sender, fcm.batch([ONE]))
    await sender.close()
    assert isinstance(outcome, Accepted)


async def test_a_revoked_access_token_is_replaced_once(fcm: FcmCase) -> None:
    """401 without an FCM error: everybody goes again with one new token."""
    sender = fcm.open()
    await outcomes_of(sender, fcm.batch([ONE]))
    fcm.sim.reset()
    outcomes = await outcomes_of(sender, fcm.batch([device_token(n) for n in range(30)]))
    await sender.close()
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    assert fcm.sim.stats()["oauth"] == {"issued": 1}


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_client", "invalid_scope"])
async def test_a_refused_service_account_is_a_credential_fault(fcm: FcmCase, error: str) -> None:
    """Named once for the batch; the rest is not attempted."""
    fcm.sim.play(oauth={"error": error})
    outcomes = await send(fcm, ONE, ONE, ONE)
    assert outcomes == [CredentialFault(error, 7), *[NotAttempted("credential_fault")] * 2]


async def test_a_key_that_google_does_not_know_is_a_credential_fault(fcm: FcmCase) -> None:
    """The assertion's signature is really checked at the other end."""
    stranger = ServiceAccountPair().file("https://oauth2.googleapis.com/token")
    fields = {"service_account": json.dumps(stranger)}
    fcm.credential = attrs.evolve(fcm.credential, fields=fields)
    (outcome,) = await send(fcm, ONE)
    assert outcome == CredentialFault("invalid_grant", 7)


async def test_a_token_endpoint_that_is_not_there_costs_no_attempt(fcm: FcmCase) -> None:
    """Nothing is sent; the messages come back in a second, and then in two."""
    sender = fcm.open(google_token_url="https://127.0.0.1:1/token")
    first = await outcomes_of(sender, fcm.batch([ONE, ONE]))
    second = await outcomes_of(sender, fcm.batch([ONE]))
    await sender.close()
    assert first == [NotAttempted("access_token_unavailable", retry_after=1.0)] * 2
    (again,) = second
    assert isinstance(again, NotAttempted)
    assert 0.0 < (again.retry_after or 0.0) <= 1.0, "the pause is kept, the endpoint not asked again"


@pytest.mark.parametrize("token", ["", "a b", 'a","topic":"x', "a\\u0022", "a\n", "é", "x" * 5000])
async def test_a_malformed_token_is_rejected_without_a_request(fcm: FcmCase, token: str) -> None:
    """Nothing can break out of the JSON string."""
    outcomes = await send(fcm, token, ONE)
    assert outcomes[0] == Rejected("malformed_token", subscription_code=-10)
    assert isinstance(outcomes[1], Accepted)
    assert fcm.sim.stats()["requests"] == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_retry_after_is_read_in_both_forms(fcm: FcmCase, form: str) -> None:
    """RFC 9110: seconds or a date."""
    fcm.rules({"token": ONE, "outcome": "UNAVAILABLE", "retry_after": {"seconds": 90, "form": form}})
    (outcome,) = await send(fcm, ONE)
    assert isinstance(outcome, Deferred)
    assert outcome.retry_after == pytest.approx(90.0, abs=3.0)


@pytest.mark.parametrize("fault", ["reset", "goaway", "goaway_after", "disconnect", "refused", "empty_error"])
async def test_a_fault_on_the_level_of_frames_is_deferred_and_the_route_recovers(
    fcm: FcmCase, fault: str
) -> None:
    """RST_STREAM, GOAWAY and cut connections; only what was surely not processed is not unknown."""
    fcm.rules({"token": ONE, "outcome": fault})
    sender = fcm.open_faulty()
    (outcome,) = await outcomes_of(sender, fcm.batch([ONE]))
    assert isinstance(outcome, Deferred)
    assert outcome.unknown is (fault not in ("refused", "goaway", "empty_error"))
    (after,) = await outcomes_of(sender, fcm.batch([device_token(2)]))
    await sender.close()
    assert isinstance(after, Accepted)


async def test_two_thousand_personal_messages_are_counted_exactly(fcm: FcmCase) -> None:
    """Every envelope with a content of its own, in concurrent batches."""
    fcm.sim.play(seed=5, dead_token_share=0.1, transient_share=0.1)
    sender = fcm.open(max_in_flight=100)
    batches = []
    for part in range(4):
        batch = fcm.batch([device_token(1000 * part + n) for n in range(500)])
        for n, envelope in enumerate(batch.envelopes):
            envelope.content = {"title": f"{part}-{n}"}
        batches.append(batch)
    results = await asyncio.gather(*[outcomes_of(sender, batch) for batch in batches])
    await sender.close()
    outcomes = [outcome for part in results for outcome in part]
    accepted = sum(isinstance(outcome, Accepted) for outcome in outcomes)
    dead = sum(isinstance(outcome, Rejected) for outcome in outcomes)
    busy = sum(isinstance(outcome, Deferred) for outcome in outcomes)
    seen = fcm.sim.stats()["fcm"]
    assert (accepted, dead, busy) == (
        seen["accepted"],
        seen["outcomes"]["UNREGISTERED"],
        seen["outcomes"]["UNAVAILABLE"],
    )
    assert accepted + dead + busy == 2000 == seen["requests"]
