"""The SES route against moto, a foreign implementation of the API, and against the simulator's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from adapters.channels.email import plugin
from application.ports.channels import ChannelSettings, Credential, Envelope, SendBatch
from domain.messaging.client_ref import client_ref
from domain.messaging.content import Body
from domain.messaging.outcome import Accepted, CredentialFault, Deferred, Outcome, Rejected
from domain.shared.channels import SubscriptionType
from tests.conformance.channels.kit import OpenPacing, outcomes_of
from tests.integration.email.post_office import (
    AWS,
    CONTENT,
    KEYS,
    channel_settings,
    opened,
    ses_fields,
    taken,
)
from tests.integration.simulator.harness import Simulator

APP = uuid4()


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """moto's server, with one verified sender."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client(url).create_email_identity(EmailIdentity="mail.shop.kr")
    yield url
    server.stop()


def client(url: str, service: str = "sesv2", **options: Any) -> Any:
    """boto3's client of a server."""
    keys = {"aws_access_key_id": AWS["access_key_id"], "aws_secret_access_key": AWS["secret_access_key"]}
    return boto3.client(service, region_name="us-east-1", endpoint_url=url, **keys, **options)


def batch(fields: dict[str, str], *recipients: str, content: Body = CONTENT) -> SendBatch:
    """Envelopes for these recipients."""
    envelopes = []
    for recipient in recipients or ("kim@example.com",):
        id_ = uuid4()
        envelopes.append(Envelope(id_, uuid4(), recipient, content, 1, client_ref=client_ref(id_, 1)))
    return SendBatch(APP, SubscriptionType.EMAIL, Credential(APP, "ses", 1, fields), envelopes)


async def send(
    settings: ChannelSettings, sending: SendBatch, pacing: OpenPacing | None = None
) -> list[Outcome]:
    """Over a sender of its own."""
    sender = plugin.open(settings, pacing or OpenPacing())
    outcomes = await outcomes_of(sender, sending)
    await sender.close()
    return outcomes


async def test_moto_takes_our_requests(moto: str) -> None:
    """Signed, with the whole mail, from a verified domain."""
    settings = ChannelSettings(provider_urls={"ses": moto}, links=KEYS, public_url="https://signal.shop.kr")
    fields = {**AWS, "region": "us-east-1", "from_address": "no-reply@mail.shop.kr", "send_rate": "10"}
    (outcome,) = await send(settings, batch(fields))
    assert isinstance(outcome, Accepted)
    assert outcome.provider_id


async def test_motos_refusal_of_an_unverified_sender_is_understood(moto: str) -> None:
    """MessageRejected; moto's words are not Amazon's, so it reads as a refusal of the content, with an alert."""
    settings = ChannelSettings(provider_urls={"ses": moto}, links=KEYS)
    fields = {**AWS, "region": "us-east-1", "from_address": "no-reply@other.kr", "send_rate": "10"}
    (outcome,) = await send(settings, batch(fields))
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.bug, outcome.subscription_code) == ("MessageRejected", True, None)


async def test_the_accounts_rate_is_asked_for_and_kept(sim: Simulator) -> None:
    """MaxSendRate of GetAccount, unless the credential says another; one bucket per access key."""
    sim.play(mail={"ses_rate": 42.0})
    pacing = OpenPacing()
    fields = ses_fields(sim)
    assert isinstance((await send(channel_settings(sim), batch(fields), pacing))[0], Accepted)
    assert pacing.reserved == [(f"ses:us-east-1:{AWS['access_key_id']}", 1, 42.0)]
    said = OpenPacing()
    await send(channel_settings(sim), batch({**fields, "send_rate": "7"}), said)
    assert said.reserved[0][2] == 7.0


async def test_a_mail_arrives_as_it_was_made(sim: Simulator) -> None:
    """Python opens what the request carried; nobody else signs it."""
    sending = batch(ses_fields(sim))
    await send(channel_settings(sim), sending)
    (mail,) = taken(sim)
    message = opened(mail)
    assert message["subject"] == "주문 1042가 출발했습니다"
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert message["dkim-signature"] is None
    assert mail["message_id"] == str(sending.envelopes[0].message_id)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("TooManyRequestsException: Maximum sending rate exceeded.", Deferred),
        ("LimitExceededException", CredentialFault),
        ("AccountSuspendedException", CredentialFault),
        ("SendingPausedException", CredentialFault),
        ("MailFromDomainNotVerifiedException", CredentialFault),
        ("MessageRejected: Email address is not verified.", CredentialFault),
        ("MessageRejected: Bad content", Rejected),
        ("NotFoundException", CredentialFault),
        ("BadRequestException: nonsense", Rejected),
        ("InternalServiceErrorException", Deferred),
        ("ServiceUnavailable", Deferred),
        ("SignatureDoesNotMatch", CredentialFault),
        ("ExpiredTokenException", CredentialFault),
    ],
)
async def test_errors_over_the_wire_become_outcomes(
    sim: Simulator, outcome: str, expected: type[Outcome]
) -> None:
    """Name and words as SES sends them."""
    sim.play(mail={"rules": [{"prefix": "", "outcome": outcome}]})
    (found,) = await send(channel_settings(sim), batch(ses_fields(sim)))
    assert isinstance(found, expected)
    assert not isinstance(found, Deferred) or found.throttle is outcome.startswith("TooMany")


async def test_one_content_for_many_is_one_request_in_fifty(sim: Simulator) -> None:
    """Where the credential says bulk; every entry has its own fate."""
    sim.play(
        mail={
            "rules": [
                {"recipient": "kim3@example.com", "outcome": "INVALID_PARAMETER: Illegal address"},
                {"recipient": "kim7@example.com", "outcome": "TRANSIENT_FAILURE"},
                {"recipient": "kim9@example.com", "outcome": "MESSAGE_REJECTED"},
            ]
        }
    )
    fields = ses_fields(sim, bulk="yes")
    outcomes = await send(channel_settings(sim), batch(fields, *(f"kim{n}@example.com" for n in range(120))))
    kinds = [type(outcome) for outcome in outcomes]
    assert (kinds.count(Accepted), kinds[3], kinds[7], kinds[9]) == (117, Rejected, Deferred, Rejected)
    assert outcomes[3].subscription_code == -40  # type: ignore[union-attr]
    requests = {mail["request"] for mail in taken(sim)}
    assert len(requests) == 3


async def test_a_throttled_entry_stops_what_has_not_started(sim: Simulator) -> None:
    """ACCOUNT_THROTTLED: the others come later, at no cost."""
    sim.play(mail={"rules": [{"recipient": "kim0@example.com", "outcome": "ACCOUNT_THROTTLED"}]})
    fields = ses_fields(sim, bulk="yes")
    outcomes = await send(
        channel_settings(sim, max_in_flight=1), batch(fields, *(f"kim{n}@example.com" for n in range(120)))
    )
    assert isinstance(outcomes[0], Deferred)
    assert outcomes[0].throttle
    assert len(taken(sim)) == 49


async def test_too_fast_slows_every_worker_down(sim: Simulator) -> None:
    """The bucket that they share is told, once."""
    sim.play(mail={"rules": [{"prefix": "", "outcome": "TooManyRequestsException"}]})
    pacing = OpenPacing()
    fields = ses_fields(sim, send_rate="100")
    await send(channel_settings(sim), batch(fields, *(f"kim{n}@example.com" for n in range(10))), pacing)
    assert pacing.slowed == [(f"ses:us-east-1:{AWS['access_key_id']}", 1.0)]


async def test_personal_contents_go_one_by_one_also_in_bulk(sim: Simulator) -> None:
    """A content of one's own is no template."""
    fields = ses_fields(sim, bulk="yes", send_rate="100")
    sending = batch(fields, "a@example.com", "b@example.com")
    sending.envelopes[1].content = {**CONTENT, "subject": "b님께"}
    outcomes = await send(channel_settings(sim), sending)
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    assert sorted(str(opened(mail)["subject"]) for mail in taken(sim)) == [
        "b님께",
        "주문 1042가 출발했습니다",
    ]


async def test_boto3_is_served_by_the_simulator_too(sim: Simulator) -> None:
    """The simulator's SES answers Amazon's own client, and checks its signature."""
    ses_fields(sim)
    said: dict[str, Any] = {}

    def ask() -> None:
        ses = client(sim.ready["ses"], verify=sim.ca)
        raw = b"From: no-reply@mail.shop.kr\r\nTo: kim@example.com\r\nSubject: x\r\n\r\nhello\r\n"
        said["sent"] = ses.send_email(
            FromEmailAddress="no-reply@mail.shop.kr",
            Destination={"ToAddresses": ["kim@example.com"]},
            Content={"Raw": {"Data": raw}},
        )
        said["account"] = ses.get_account()
        try:
            boto3.client(
                "sesv2",
                region_name="us-east-1",
                endpoint_url=sim.ready["ses"],
                verify=sim.ca,
                aws_access_key_id=AWS["access_key_id"],
                aws_secret_access_key="another",
            ).get_account()
        except Exception as error:
            said["refused"] = str(error)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(30)
    assert said["sent"]["MessageId"]
    assert said["account"]["SendQuota"]["MaxSendRate"] == 14.0
    assert "SignatureDoesNotMatch" in said["refused"]
