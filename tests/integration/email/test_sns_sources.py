"""SNS messages from two sources that are not ours to sign: moto's topics, and the simulator's with its handshake."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from moto.core import DEFAULT_ACCOUNT_ID
from moto.server import ThreadedMotoServer
from moto.sns.models import sns_backends

from adapters.channels.email.ses.certificates import checked_key
from adapters.channels.email.ses.reader import SnsReader
from application.ports.channels import ChannelSettings, Credential
from application.ports.delivery_reports import Callback, CallbackAnswer
from domain.messaging.client_ref import client_ref
from domain.shared.errors import Forbidden, InvalidInput
from tests.integration.email.post_office import Catcher, channel_settings
from tests.integration.simulator.harness import Simulator

MESSAGE = uuid4()
EVENT = json.dumps(
    {
        "eventType": "Bounce",
        "mail": {"tags": {"as_ref": [client_ref(MESSAGE, 1)]}},
        "bounce": {"bounceType": "Permanent", "bounceSubType": "General"},
    }
)


class MotosKey:
    """moto's server does not serve its certificate; its key is read where it keeps it."""

    async def key(self, url: str) -> RSAPublicKey:
        """The key of the certificate that moto made for this message."""
        parts = urlsplit(url)
        pem = sns_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]._message_public_keys[parts.path[1:]]
        return checked_key(pem, str(parts.hostname), datetime.now(UTC))

    async def visit(self, url: str) -> None:
        """moto asks nobody to confirm."""

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def sns() -> Iterator[Any]:
    """boto3's client of moto's SNS."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    yield boto3.client("sns", region_name="us-east-1", endpoint_url=f"http://{host}:{port}", **keys)
    server.stop()


def callback(topic: str, headers: Mapping[str, str], body: bytes, **fields: str) -> Callback:
    """As the callback endpoint makes one."""
    stored = Credential(uuid4(), "ses", 1, {"topic_arn": topic, **fields})
    return Callback("POST", "https://x", headers, {}, body, stored, datetime.now(UTC))


async def read(sim: Simulator, catcher: Catcher, at: int = -1, **fields: str) -> CallbackAnswer:
    """What the reader makes of a caught post of the simulator's SNS."""
    reader = SnsReader(channel_settings(sim))
    _, headers, body = catcher.posts[at]
    try:
        return await reader.read(callback(sim.ready["sns_topic"], headers, body, **fields))
    finally:
        await reader.close()


async def test_the_simulators_subscription_is_confirmed_over_https(sim: Simulator, catcher: Catcher) -> None:
    """Handshake in, SubscribeURL visited, certificate fetched: all with TLS that is checked."""
    assert sim.control.post("/control/sns", json={"url": catcher.url}).status_code == 202
    await catcher.wait_for(1)
    assert (await read(sim, catcher)).reports == ()
    confirmed = sim.control.post("/control/sns", json={"url": catcher.url}).json()["confirmed"]
    assert confirmed == [catcher.url]


async def test_the_simulators_notifications_are_believed(sim: Simulator, catcher: Catcher) -> None:
    """SHA-256 always, SHA-1 where the account says so."""
    for version in ("2", "1"):
        said = {"url": catcher.url, "message": EVENT, "signature_version": version}
        assert sim.control.post("/control/sns", json=said).status_code == 202
    await catcher.wait_for(2)
    (report,) = (await read(sim, catcher, 0)).reports
    assert report.message_id == MESSAGE  # type: ignore[union-attr]
    assert (await read(sim, catcher, 1, accept_signature_v1="yes")).reports
    with pytest.raises(Forbidden):
        await read(sim, catcher, 1)


async def test_a_stand_in_is_believed_only_where_it_was_configured(sim: Simulator, catcher: Catcher) -> None:
    """In production only Amazon's hosts are asked."""
    sim.control.post("/control/sns", json={"url": catcher.url, "message": EVENT})
    await catcher.wait_for(1)
    reader = SnsReader(ChannelSettings())
    _, headers, body = catcher.posts[0]
    with pytest.raises((Forbidden, InvalidInput)):
        await reader.read(callback(sim.ready["sns_topic"], headers, body))
    await reader.close()


async def test_motos_signature_holds(sns: Any, catcher: Catcher) -> None:
    """Published through boto3, signed by moto, verified by us."""
    topic = sns.create_topic(Name="ses-events")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=catcher.url)
    sns.publish(TopicArn=topic, Message=EVENT)
    (post,) = await catcher.wait_for(1)
    _, headers, body = post
    reader = SnsReader(ChannelSettings(), MotosKey())
    (report,) = (await reader.read(callback(topic, headers, body))).reports
    assert report.message_id == MESSAGE  # type: ignore[union-attr]
    altered = body.replace(b"Permanent", b"Transient")
    with pytest.raises(Forbidden):
        await reader.read(callback(topic, headers, altered))
