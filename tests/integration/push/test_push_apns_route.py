"""The APNs route over real HTTP/2: requests as Apple wants them, every reason, both environments, tokens."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import attrs
import jwt
import pytest

from domain.messaging.outcome import Accepted, CredentialFault, Deferred, NotAttempted, Outcome, Rejected
from tests.conformance.channels.kit import outcomes_of, without_details
from tests.conformance.channels.push import BUNDLE_ID, ApnsCase
from tests.integration.simulator.harness import ApnsKeyPair, device_token

ONE = device_token(1)


async def send(case: ApnsCase, *tokens: str, faulty: bool = False, **changes: Any) -> list[Outcome]:
    """Send to these tokens with a sender of its own."""
    sender = case.open_faulty() if faulty else case.open()
    try:
        return await outcomes_of(sender, case.batch(tokens, **changes))
    finally:
        await sender.close()


def last_requests(case: ApnsCase, count: int) -> list[dict[str, Any]]:
    """The requests as they came."""
    return list(case.sim.control.get("/control/requests", params={"last": count}).json())


async def test_the_request_carries_the_complete_header_set(apns: ApnsCase) -> None:
    """Id, topic, type, priority, expiry, collapse id; the payload names the message twice."""
    expires_at = datetime(2030, 1, 1, tzinfo=UTC)
    sender = apns.open()
    batch = apns.batch([ONE], expires_at=expires_at)
    outcomes = await outcomes_of(sender, batch)
    await sender.close()
    message_id = str(batch.envelopes[0].message_id)
    assert outcomes == [Accepted(message_id)]
    (request,) = last_requests(apns, 1)
    headers = dict(request["headers"])
    assert request["path"] == f"/3/device/{ONE}"
    assert headers["apns-id"] == headers["apns-collapse-id"] == message_id
    assert headers["apns-topic"] == BUNDLE_ID
    assert headers["apns-push-type"] == "alert"
    assert headers["apns-priority"] == "10"
    assert headers["apns-expiration"] == str(int(expires_at.timestamp()))
    document = json.loads(request["body"])
    assert document["as_mid"] == document["gcm.message_id"] == message_id
    assert document["order"] == "1042"


async def test_a_background_push_and_a_collapse_id_change_the_headers(apns: ApnsCase) -> None:
    """Priority 5 and the content's own collapse id; without expiry no expiration."""
    content = {"data": {"sync": "1"}, "collapse_id": "sync"}
    assert [type(o) for o in await send(apns, ONE, content=content, expires_at=None)] == [Accepted]
    headers = dict(last_requests(apns, 1)[0]["headers"])
    assert (headers["apns-push-type"], headers["apns-priority"]) == ("background", "5")
    assert headers["apns-collapse-id"] == "sync"
    assert "apns-expiration" not in headers


REJECTED = {
    "BadCollapseId": Rejected("BadCollapseId", bug=True),
    "BadExpirationDate": Rejected("BadExpirationDate", bug=True),
    "BadMessageId": Rejected("BadMessageId", bug=True),
    "BadPriority": Rejected("BadPriority", bug=True),
    "DuplicateHeaders": Rejected("DuplicateHeaders", bug=True),
    "InvalidPushType": Rejected("InvalidPushType", bug=True),
    "MissingDeviceToken": Rejected("MissingDeviceToken", bug=True),
    "PayloadEmpty": Rejected("PayloadEmpty", bug=True),
    "BadPath": Rejected("BadPath", bug=True),
    "MethodNotAllowed": Rejected("MethodNotAllowed", bug=True),
    "PayloadTooLarge": Rejected("PayloadTooLarge", bug=True),
    "BadDeviceToken": Rejected("BadDeviceToken", subscription_code=-10, damage=True),
    "DeviceTokenNotForTopic": Rejected("DeviceTokenNotForTopic", damage=True),
    "IdleTimeout": Deferred("IdleTimeout"),
    "TooManyRequests": Deferred("TooManyRequests", retry_after=60.0),
    "TooManyProviderTokenUpdates": Deferred("TooManyProviderTokenUpdates", retry_after=60.0, throttle=True),
    "InternalServerError": Deferred("InternalServerError"),
    "ServiceUnavailable": Deferred("ServiceUnavailable"),
    "Shutdown": Deferred("Shutdown"),
    **{
        reason: CredentialFault(reason, 7)
        for reason in (
            "BadTopic",
            "MissingTopic",
            "TopicDisallowed",
            "InvalidProviderToken",
            "MissingProviderToken",
            "UnrelatedKeyIdInToken",
            "BadEnvironmentKeyIdInToken",
            "BadCertificate",
            "BadCertificateEnvironment",
            "Forbidden",
            "ExpiredProviderToken",
        )
    },
}


@pytest.mark.parametrize("reason", REJECTED)
async def test_every_reason_on_the_wire_has_its_outcome(apns: ApnsCase, reason: str) -> None:
    """Status and body of the real answer, read off the connection."""
    apns.rules({"token": ONE, "outcome": reason})
    (outcome,) = await send(apns, ONE)
    assert without_details(outcome) == REJECTED[reason]


@pytest.mark.parametrize("reason", ["Unregistered", "ExpiredToken"])
async def test_a_410_tells_since_when(apns: ApnsCase, reason: str) -> None:
    """The timestamp in seconds, so that a token registered later stays."""
    apns.rules({"token": ONE, "outcome": reason, "timestamp_ms": 1_790_000_000_500})
    (outcome,) = await send(apns, ONE)
    assert isinstance(outcome, Rejected)
    assert (outcome.subscription_code, outcome.token_invalid_since) == (-10, 1_790_000_000.5)


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_retry_after_is_read_in_both_forms(apns: ApnsCase, form: str) -> None:
    """RFC 9110: seconds or a date."""
    wait = {"seconds": 90, "form": form}
    apns.rules({"token": ONE, "outcome": "TooManyRequests", "retry_after": wait})
    (outcome,) = await send(apns, ONE)
    assert isinstance(outcome, Deferred)
    assert outcome.retry_after == pytest.approx(90.0, abs=3.0)


@pytest.mark.parametrize("test_type", [0, 1, 2])
async def test_the_other_environment_is_tried_once_and_what_was_learnt_is_told(
    apns: ApnsCase, test_type: int
) -> None:
    """An ad-hoc token goes to the sandbox first and is delivered in production; and the other way round."""
    first, other = (0, 1) if test_type == 0 else (1, 0)
    prefixes = "sandbox_only_prefixes" if other == 1 else "production_only_prefixes"
    apns.sim.play(**{prefixes: ["0"]})
    (outcome,) = await send(apns, ONE, test_type=test_type)
    assert isinstance(outcome, Accepted)
    assert outcome.environment == other
    realms = apns.sim.stats()["realms"]
    assert realms == {"production": 1, "sandbox": 1}
    (known,) = await send(apns, ONE, test_type=test_type, environment=other)
    assert isinstance(known, Accepted)
    assert known.environment is None, "nothing new was learnt"
    assert apns.sim.stats()["requests"] == 3
    assert first != other


async def test_a_token_that_neither_environment_knows_is_dead(apns: ApnsCase) -> None:
    """Two requests, one outcome, counted as possible damage."""
    apns.sim.play(production_only_prefixes=["0"], sandbox_only_prefixes=["0"])
    (outcome,) = await send(apns, ONE)
    assert without_details(outcome) == REJECTED["BadDeviceToken"]
    assert apns.sim.stats()["requests"] == 2


async def test_a_key_bound_to_one_environment_does_not_pause_the_channel(apns: ApnsCase) -> None:
    """The probe's 403 concerns the probe, not the credential."""
    apns.sim.reset()
    key = {"key_id": apns.key.key_id, "team_id": apns.key.team_id, "public_key": apns.key.public}
    apns.sim.control.post("/control/keys", json={"apns": [{**key, "environment": "production"}]})
    apns.sim.play(sandbox_only_prefixes=["0"])
    (outcome,) = await send(apns, ONE)
    assert without_details(outcome) == REJECTED["BadDeviceToken"]


@pytest.mark.parametrize(
    "token", ["", "zz", "0 1", "00/../11", "00%2f11", "00?a=b", "00#", "00\n", "../../x", "é", "0" * 600]
)
async def test_a_malformed_token_is_rejected_without_a_request(apns: ApnsCase, token: str) -> None:
    """Nothing but hexadecimal digits ever gets into the path."""
    outcomes = await send(apns, token, ONE)
    assert outcomes[0] == Rejected("malformed_token", subscription_code=-10)
    assert isinstance(outcomes[1], Accepted)
    assert apns.sim.stats()["requests"] == 1


async def test_an_expired_provider_token_is_renewed_once_for_all(apns: ApnsCase) -> None:
    """First attempts are refused, everybody's second try goes with one new token that the public key verifies."""
    apns.rules({"token_prefix": "0", "outcome": "ExpiredProviderToken", "attempts": 1})
    sender = apns.open()
    batch = apns.batch([device_token(n) for n in range(20)])
    outcomes = await outcomes_of(sender, batch)
    again = await outcomes_of(sender, apns.batch([ONE]))
    await sender.close()
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    assert isinstance(again[0], CredentialFault), "a second renewal within 20 minutes would not help"
    assert apns.sim.stats()["accepted"] == 20


async def test_all_connections_share_one_provider_token(apns: ApnsCase) -> None:
    """One mint, whichever connection; the simulator verified it with the public key."""
    sender = apns.open(connections=4)
    await outcomes_of(sender, apns.batch([device_token(n) for n in range(200)]))
    await outcomes_of(sender, apns.batch([ONE]))
    await sender.close()
    assert apns.sim.stats()["accepted"] == 201
    assert apns.sim.stats()["keys"]["apns"] == 1


async def test_a_key_that_apple_does_not_know_is_a_credential_fault(apns: ApnsCase) -> None:
    """The signature is really checked at the other end."""
    stranger = ApnsKeyPair()
    fields = {**apns.credential.fields, "private_key": stranger.private}
    apns.credential = attrs.evolve(apns.credential, fields=fields, version=8)
    (outcome,) = await send(apns, ONE)
    assert isinstance(outcome, CredentialFault)
    assert (outcome.reason, outcome.credential_version) == ("InvalidProviderToken", 8)


async def test_stored_credentials_that_cannot_be_used_are_a_credential_fault(apns: ApnsCase) -> None:
    """And not an exception; the field is named, nothing of the key is."""
    fields = {**apns.credential.fields, "private_key": "rubbish"}
    apns.credential = attrs.evolve(apns.credential, fields=fields)
    outcomes = await send(apns, ONE, ONE)
    assert outcomes == [
        CredentialFault("invalid_credential", 7, details={"field": "private_key"}),
        NotAttempted("credential_fault"),
    ]


async def test_a_payload_of_4097_bytes_is_not_sent(apns: ApnsCase) -> None:
    """Rejected before any request, and nobody is to blame."""
    (outcome,) = await send(apns, ONE, content={"body": "x" * 4096})
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.bug) == ("PayloadTooLarge", False)
    assert apns.sim.stats()["requests"] == 0


FAULTS: dict[str, Outcome] = {
    "reset": Deferred("connection_lost", unknown=True),
    "refused": Deferred("stream_refused"),
    "goaway": Deferred("going_away"),
    "goaway_after": Deferred("connection_lost", unknown=True),
    "disconnect": Deferred("connection_lost", unknown=True),
    "empty_error": Deferred("http_503"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_on_the_level_of_frames_is_an_outcome_and_the_route_recovers(
    apns: ApnsCase, fault: str
) -> None:
    """RST_STREAM, GOAWAY and cut connections; the next batch goes through."""
    apns.rules({"token": ONE, "outcome": fault})
    sender = apns.open_faulty()
    (outcome,) = await outcomes_of(sender, apns.batch([ONE]))
    assert without_details(outcome) == FAULTS[fault]
    after = await outcomes_of(sender, apns.batch([device_token(n) for n in range(2, 32)]))
    await sender.close()
    assert {type(each) for each in after} == {Accepted}
    assert apns.sim.stats()["duplicates"] == 0


async def test_an_answer_without_apns_id_is_accepted_all_the_same(apns: ApnsCase) -> None:
    """The id is ours anyway."""
    apns.rules({"token": ONE, "outcome": "no_apns_id"})
    (outcome,) = await send(apns, ONE)
    assert isinstance(outcome, Accepted)


async def test_graceful_goaways_lose_nothing(apns: ApnsCase) -> None:
    """A server that closes each connection after 25 answers."""
    apns.sim.play(frames={"goaway_every": 25})
    outcomes = await send(apns, *[device_token(n) for n in range(300)], faulty=True)
    accepted = sum(isinstance(outcome, Accepted) for outcome in outcomes)
    unsure = sum(isinstance(outcome, Deferred) and outcome.unknown for outcome in outcomes)
    assert accepted + unsure == 300, outcomes
    assert accepted >= 250
    assert apns.sim.stats()["duplicates"] == 0


async def test_a_stream_limit_of_one_slows_down_and_loses_nothing(apns: ApnsCase) -> None:
    """Apple starts a connection with one stream until the first authenticated request."""
    apns.sim.play(frames={"first_streams": 1, "streams": 3})
    outcomes = await send(apns, *[device_token(n) for n in range(100)], faulty=True)
    assert {type(outcome) for outcome in outcomes} == {Accepted}


async def test_error_bodies_never_stop_the_connection(apns: ApnsCase) -> None:
    """More than a flow-control window of 410s over one connection."""
    apns.sim.play(dead_token_prefixes=["0"])
    sender = apns.open(connections=1)
    outcomes = await outcomes_of(sender, apns.batch([device_token(n) for n in range(2000)]))
    await sender.close()
    assert {type(outcome) for outcome in outcomes} == {Rejected}


async def test_two_thousand_sends_are_counted_exactly_in_concurrent_batches(apns: ApnsCase) -> None:
    """Dead, busy and good tokens; every outcome agrees with what the provider saw."""
    apns.sim.play(seed=3, dead_token_share=0.1, transient_share=0.1)
    sender = apns.open(max_in_flight=100)
    batches = [apns.batch([device_token(1000 * part + n) for n in range(500)]) for part in range(4)]
    results = await asyncio.gather(*[outcomes_of(sender, batch) for batch in batches])
    await sender.close()
    outcomes = [outcome for part in results for outcome in part]
    accepted = sum(isinstance(outcome, Accepted) for outcome in outcomes)
    dead = sum(isinstance(outcome, Rejected) for outcome in outcomes)
    busy = sum(isinstance(outcome, Deferred) for outcome in outcomes)
    seen = apns.sim.stats()["apns"]
    assert (accepted, dead, busy) == (
        seen["accepted"],
        seen["outcomes"]["Unregistered"],
        seen["outcomes"]["ServiceUnavailable"],
    )
    assert accepted + dead + busy == 2000 == seen["requests"]


async def test_the_provider_token_on_the_wire_is_verified_by_pyjwt(apns: ApnsCase) -> None:
    """Our own reading of the header that was sent: signed for this team with this key."""
    from adapters.channels.push.apns.credential import ApnsCredential, ProviderToken

    header = ProviderToken(ApnsCredential.from_fields(apns.credential.fields)).header()
    claims = jwt.decode(header.removeprefix("bearer "), apns.key.public, algorithms=["ES256"])
    assert claims["iss"] == apns.key.team_id
