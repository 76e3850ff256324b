"""SNS messages are believed only when everything about them is right."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from adapters.channels.email.ses.certificates import checked_key
from adapters.channels.email.ses.reader import SnsReader
from adapters.channels.email.ses.sns import is_sns_url
from application.ports.channels import ChannelSettings, Credential
from application.ports.delivery_reports import Callback, CallbackAnswer
from domain.messaging.client_ref import client_ref
from domain.shared.errors import Forbidden, InvalidInput, NotConfigured, SignalError

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TOPIC = "arn:aws:sns:ap-northeast-2:123456789012:ses-events"
CERT = "https://sns.ap-northeast-2.amazonaws.com/SimpleNotificationService-0123.pem"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
MESSAGE = uuid4()
EVENT = json.dumps(
    {"eventType": "Delivery", "mail": {"tags": {"as_ref": [client_ref(MESSAGE, 1)]}}, "delivery": {}}
)


class KnownKey:
    """SNS with one key; it notes what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.visited: list[str] = []

    async def key(self, url: str) -> rsa.RSAPublicKey:
        """The one there is."""
        self.asked.append(url)
        return KEY.public_key()

    async def visit(self, url: str) -> None:
        """Noted."""
        self.visited.append(url)

    async def close(self) -> None:
        """Nothing is open."""


def message(kind: str = "Notification", **changes: Any) -> dict[str, Any]:
    """As SNS posts it, without a signature."""
    fields = {
        "Type": kind,
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": EVENT,
        "Timestamp": "2026-11-24T08:59:00.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": CERT,
    }
    if kind != "Notification":
        fields |= {
            "Token": "abc",
            "SubscribeURL": "https://sns.ap-northeast-2.amazonaws.com/?Action=ConfirmSubscription",
        }
    return {**fields, **changes}


def signed(fields: dict[str, Any]) -> dict[str, Any]:
    """With a signature over what SNS signs, in its order."""
    names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    if fields["Type"] != "Notification":
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{fields[name]}\n" for name in names if name in fields)
    algorithm = hashes.SHA1() if fields["SignatureVersion"] == "1" else hashes.SHA256()
    signature = KEY.sign(text.encode(), padding.PKCS1v15(), algorithm)
    return {**fields, "Signature": base64.b64encode(signature).decode()}


async def read(
    fields: dict[str, Any] | bytes,
    service: KnownKey | None = None,
    header: str | None = None,
    **credential: str,
) -> CallbackAnswer:
    """What the reader makes of a post."""
    body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    stored = Credential(uuid4(), "ses", 1, {"topic_arn": TOPIC, **credential})
    headers = {} if header is None else {"x-amz-sns-message-type": header}
    reader = SnsReader(ChannelSettings(), service or KnownKey())
    return await reader.read(Callback("POST", "https://x", headers, {}, body, stored, NOW))


async def test_a_signed_notification_makes_reports() -> None:
    """Also with a subject, which is signed where it stands."""
    for fields in (message(), message(Subject="Amazon SES Email Event Notification")):
        answer = await read(signed(fields), header="Notification")
        assert [report.message_id for report in answer.reports if hasattr(report, "message_id")] == [MESSAGE]


async def test_the_same_post_again_says_the_same() -> None:
    """A repetition changes nothing: the platform knows a report by what it says."""
    post = signed(message())
    assert (await read(post)).reports == (await read(post)).reports


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda m: {**m, "Message": m["Message"].replace("Delivery", "Bounce")}, Forbidden),
        (lambda m: {**m, "Timestamp": "2026-11-24T08:59:01.000Z"}, Forbidden),
        (lambda m: {**m, "Signature": "AAAA"}, Forbidden),
        (lambda m: {**m, "Signature": "not base64!"}, Forbidden),
        (lambda m: {**m, "Type": "Newsletter"}, Forbidden),
        (lambda m: signed({**m, "TopicArn": TOPIC + "x"}), Forbidden),
        (lambda m: signed({**m, "SignatureVersion": "1"}), Forbidden),
        (lambda m: signed({**m, "SignatureVersion": "3"}), Forbidden),
        (lambda m: signed({**m, "Timestamp": "2026-11-24T07:59:59.000Z"}), Forbidden),
        (lambda m: signed({**m, "Timestamp": "2026-11-24T10:00:00.000Z"}), Forbidden),
        (lambda m: signed({**m, "Timestamp": "yesterday"}), Forbidden),
        (lambda m: {**m, "SigningCertURL": "https://evil.example/x.pem"}, Forbidden),
        (lambda m: {key: value for key, value in m.items() if key != "Signature"}, InvalidInput),
    ],
    ids=[
        "another message",
        "another time",
        "another signature",
        "no base64",
        "another type",
        "another topic",
        "SHA-1",
        "unknown version",
        "over an hour old",
        "from the future",
        "no time",
        "another host",
        "unsigned",
    ],
)
async def test_a_forged_or_stale_post_is_refused(
    change: Callable[[dict[str, Any]], dict[str, Any]], refusal: type[SignalError]
) -> None:
    """Before any report is made of it."""
    with pytest.raises(refusal):
        await read(change(signed(message())))


@pytest.mark.parametrize(
    ("url", "good"),
    [
        (CERT, True),
        ("https://sns.cn-north-1.amazonaws.com.cn/x.pem", True),
        ("http://sns.ap-northeast-2.amazonaws.com/x.pem", False),
        ("https://sns.ap-northeast-2.amazonaws.com.evil.example/x.pem", False),
        ("https://sns.evil.example/?x=sns.us-east-1.amazonaws.com/x.pem", False),
        ("https://sns.us-east-1.amazonaws.com@evil.example/x.pem", False),
        ("https://evil@sns.us-east-1.amazonaws.com/x.pem", False),
        ("https://sns.us-east-1.amazonaws.com:8443/x.pem", False),
        ("https://evil-sns.us-east-1.amazonaws.com/x.pem", False),
        ("https://s3.amazonaws.com/sns.us-east-1.amazonaws.com/x.pem", False),
        ("https://sns.us-east-1.amazonaws.com:99999/x.pem", False),
        ("//sns.us-east-1.amazonaws.com/x.pem", False),
        ("", False),
    ],
)
async def test_certificates_come_from_sns_only(url: str, good: bool) -> None:
    """The host is compared whole; nothing is fetched from elsewhere."""
    assert is_sns_url(url, ()) is good
    service = KnownKey()
    post = signed(message(SigningCertURL=url))
    if good:
        await read(post, service)
        assert service.asked == [url]
    else:
        with pytest.raises(Forbidden):
            await read(post, service)
        assert not service.asked


async def test_sha1_is_taken_where_the_account_says_so() -> None:
    """Topics without SignatureVersion 2."""
    post = signed(message(SignatureVersion="1"))
    assert (await read(post, accept_signature_v1="yes")).reports
    with pytest.raises(Forbidden):
        await read(post, accept_signature_v1="no")


async def test_a_subscription_is_confirmed_at_sns() -> None:
    """By visiting the signed URL, once its host is known to be SNS's."""
    service = KnownKey()
    await read(signed(message("SubscriptionConfirmation")), service, header="SubscriptionConfirmation")
    assert service.visited == [message("SubscriptionConfirmation")["SubscribeURL"]]


async def test_a_confirmation_elsewhere_is_refused() -> None:
    """Also if it is signed: whoever signs it cannot send us to other hosts."""
    service = KnownKey()
    with pytest.raises(InvalidInput):
        await read(signed(message("SubscriptionConfirmation", SubscribeURL="https://evil.example/")), service)
    assert not service.visited


async def test_an_end_of_subscription_makes_no_reports_and_visits_nobody() -> None:
    """Its URL would subscribe again."""
    service = KnownKey()
    assert not (await read(signed(message("UnsubscribeConfirmation")), service)).reports
    assert not service.visited


async def test_what_is_not_from_ses_says_nothing() -> None:
    """SNS publishes a text of its own when a topic is set up."""
    assert not (await read(signed(message(Message="Successfully validated SNS topic")))).reports


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b"x" * 1_000_000])
async def test_a_body_that_is_no_sns_message_is_unreadable(body: bytes) -> None:
    """400, with what to do."""
    with pytest.raises(InvalidInput) as refused:
        await read(body)
    assert refused.value.fix


async def test_the_header_must_agree() -> None:
    """What is announced as a notification cannot be a confirmation."""
    with pytest.raises(Forbidden):
        await read(signed(message("SubscriptionConfirmation")), header="Notification")


async def test_without_a_topic_nothing_is_taken() -> None:
    """The credential has to name it first."""
    with pytest.raises(NotConfigured):
        await read(signed(message()), topic_arn="")


def certificate(common_name: str, organisation: str, *, days: int = 30) -> bytes:
    """A self-made certificate."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organisation)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=60))
        .not_valid_after(NOW + timedelta(days=days))
        .sign(KEY, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize(
    "pem",
    [
        b"no certificate",
        certificate("sns.amazonaws.com", "Amazon", days=-1),
        certificate("sns.amazonaws.com", "Somebody"),
        certificate("evil.example", "Amazon"),
    ],
    ids=["no certificate", "expired", "another issuer", "another subject"],
)
def test_a_certificate_that_is_not_snss_is_not_believed(pem: bytes) -> None:
    """Out of date, or issued by or to somebody else."""
    with pytest.raises(Forbidden):
        checked_key(pem, "sns.ap-northeast-2.amazonaws.com", NOW)


def test_snss_certificate_gives_its_key() -> None:
    """As Amazon issues it."""
    pem = certificate("sns.amazonaws.com", "Amazon")
    assert checked_key(pem, "sns.ap-northeast-2.amazonaws.com", NOW) == KEY.public_key()
