"""The stock firebase-admin client, which knows nothing of the simulator, gets from it what Google would answer."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import firebase_admin
import pytest
from firebase_admin import credentials, exceptions, messaging
from google.auth.exceptions import RefreshError

from tests.integration.simulator.harness import ServiceAccountPair, Simulator

# Registration tokens are what devices give us today; Google's successor, the FID, is opt-in on clients.
pytestmark = pytest.mark.filterwarnings("ignore:Message.token is deprecated:DeprecationWarning")

EXPECTED = {
    "UNREGISTERED": messaging.UnregisteredError,
    "SENDER_ID_MISMATCH": messaging.SenderIdMismatchError,
    "QUOTA_EXCEEDED": messaging.QuotaExceededError,
    "DEVICE_QUOTA_EXCEEDED": messaging.QuotaExceededError,
    "TOPIC_QUOTA_EXCEEDED": messaging.QuotaExceededError,
    "THIRD_PARTY_AUTH_ERROR": messaging.ThirdPartyAuthError,
    "INVALID_ARGUMENT": exceptions.InvalidArgumentError,
    "INVALID_REGISTRATION": exceptions.InvalidArgumentError,
    "UNAVAILABLE": exceptions.UnavailableError,
    "INTERNAL": exceptions.InternalError,
    "UNSPECIFIED_ERROR": exceptions.UnknownError,
    "UNAUTHENTICATED": exceptions.UnauthenticatedError,
    "PERMISSION_DENIED": exceptions.PermissionDeniedError,
    "NOT_FOUND": exceptions.NotFoundError,
    "BAD_GATEWAY": exceptions.UnknownError,
    "DEADLINE_EXCEEDED": exceptions.UnknownError,
}


@pytest.fixture
def app(
    sim: Simulator, service_account: ServiceAccountPair, monkeypatch: pytest.MonkeyPatch
) -> Iterator[firebase_admin.App]:
    """A firebase app whose endpoint is the simulator and whose token comes from it."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sim.ca)
    monkeypatch.setenv("SSL_CERT_FILE", sim.ca)
    configured = messaging._MessagingService.FCM_URL
    messaging._MessagingService.FCM_URL = sim.ready["fcm"] + "/v1/projects/{0}/messages:send"
    certificate = credentials.Certificate(service_account.file(sim.ready["oauth_token"]))
    application = firebase_admin.initialize_app(certificate, {"httpTimeout": 20}, name=str(uuid4()))
    try:
        yield application
    finally:
        firebase_admin.delete_app(application)
        messaging._MessagingService.FCM_URL = configured


def message(token: str, message_id: str | None = None) -> messaging.Message:
    """An ordinary notification that carries its id as ours do."""
    tag = message_id or str(uuid4())
    return messaging.Message(
        token=token,
        notification=messaging.Notification("배송 시작", "주문 1042"),
        data={"as_v": "1", "as_mid": tag},
        android=messaging.AndroidConfig(
            priority="high", ttl=3600, notification=messaging.AndroidNotification(tag=tag)
        ),
    )


def test_a_message_is_accepted_with_a_token_that_google_would_have_issued(
    sim: Simulator, app: firebase_admin.App, service_account: ServiceAccountPair
) -> None:
    """The assertion is verified against the registered account, the message is named and recorded."""
    account = {
        "client_email": service_account.client_email,
        "public_key": service_account.public,
        "project_id": service_account.project_id,
    }
    assert sim.control.post("/control/keys", json={"google": [account]}).status_code == 200
    message_id = str(uuid4())
    name = messaging.send(message("registration-1", message_id), app=app)
    assert name.startswith("projects/demo-project/messages/0:")
    assert sim.delivery(message_id)["accepted"] == 1
    stats = sim.stats()
    assert stats["oauth"] == {"issued": 1}
    assert stats["realms"] == {"demo-project": 1}


def test_a_stranger_gets_no_access_token(sim: Simulator, app: firebase_admin.App) -> None:
    """Once accounts are registered, another account's assertion is an invalid grant."""
    other = ServiceAccountPair("other-project")
    account = {"client_email": other.client_email, "public_key": other.public}
    assert sim.control.post("/control/keys", json={"google": [account]}).status_code == 200
    with pytest.raises(RefreshError, match="invalid_grant"):
        messaging.send(message("registration-1"), app=app)
    assert sim.stats()["fcm"]["requests"] == 0


def test_every_failure_body_raises_the_exception_that_it_means(
    sim: Simulator, app: firebase_admin.App
) -> None:
    """firebase-admin maps each of our failure bodies to exactly the class that it has for it."""
    rules = [{"token": f"registration-{name}", "outcome": name} for name in EXPECTED]
    sim.play(rules=rules, retry_after={"seconds": 0})
    batch = messaging.send_each([message(rule["token"]) for rule in rules], app=app)
    raised = {name: type(answer.exception) for name, answer in zip(EXPECTED, batch.responses, strict=True)}
    assert raised == EXPECTED


async def test_the_asynchronous_client_sends_a_batch_over_http2(
    sim: Simulator, app: firebase_admin.App
) -> None:
    """Fifty messages through firebase-admin's HTTP/2 client: the dead ones are unregistered, the rest accepted."""
    sim.play(dead_token_prefixes=["dead"])
    tokens = [f"dead-{n}" if n % 10 == 0 else f"registration-{n}" for n in range(50)]
    batch = await messaging.send_each_async([message(token) for token in tokens], app=app)
    await messaging._get_messaging_service(app)._async_client.aclose()
    assert (batch.success_count, batch.failure_count) == (45, 5)
    dead = [answer.exception for answer in batch.responses if not answer.success]
    assert all(isinstance(error, messaging.UnregisteredError) for error in dead)


async def test_retry_after_reaches_the_caller(sim: Simulator, app: firebase_admin.App) -> None:
    """429 carries the scripted Retry-After, and the client reports it once, without trying again."""
    rule = {"token": "busy", "outcome": "QUOTA_EXCEEDED", "retry_after": {"seconds": 17}}
    sim.play(rules=[rule])
    batch = await messaging.send_each_async([message("busy")], app=app)
    await messaging._get_messaging_service(app)._async_client.aclose()
    error = batch.responses[0].exception
    assert isinstance(error, messaging.QuotaExceededError)
    assert error.http_response.headers["retry-after"] == "17"
    assert sim.stats()["fcm"]["requests"] == 1
