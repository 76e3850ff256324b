"""Messages of Amazon SNS, believed only when their signature holds (SNS developer guide, "Verifying the signatures of
Amazon SNS messages"): certificate from SNS's own hosts, the topic that the application configured, not older than an hour.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from urllib.parse import urlsplit

import attrs
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from domain.shared.errors import Forbidden, InvalidInput

NOTIFICATION: Final = "Notification"
CONFIRMATION: Final = "SubscriptionConfirmation"
UNSUBSCRIBED: Final = "UnsubscribeConfirmation"
OLDEST: Final = timedelta(hours=1)
NEWEST: Final = timedelta(minutes=15)
SNS_HOST: Final = re.compile(r"sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")

_SIGNED: Final[Mapping[str, tuple[str, ...]]] = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    UNSUBSCRIBED: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_HASHES: Final[Mapping[str, type[HashAlgorithm]]] = {"1": SHA1, "2": SHA256}


class SnsMessage(msgspec.Struct, frozen=True):
    """The envelope, as SNS posts it; `Message` is text, for SES JSON again."""

    type: str = msgspec.field(name="Type")
    message_id: str = msgspec.field(name="MessageId")
    topic_arn: str = msgspec.field(name="TopicArn")
    message: str = msgspec.field(name="Message")
    timestamp: str = msgspec.field(name="Timestamp")
    signature_version: str = msgspec.field(name="SignatureVersion")
    signature: str = msgspec.field(name="Signature")
    cert_url: str = msgspec.field(name="SigningCertURL")
    subject: str | None = msgspec.field(default=None, name="Subject")
    token: str | None = msgspec.field(default=None, name="Token")
    subscribe_url: str | None = msgspec.field(default=None, name="SubscribeURL")

    def value(self, key: str) -> str | None:
        """A field by the name that SNS gives it."""
        values: Mapping[str, str | None] = {
            "Message": self.message,
            "MessageId": self.message_id,
            "Subject": self.subject,
            "SubscribeURL": self.subscribe_url,
            "Timestamp": self.timestamp,
            "Token": self.token,
            "TopicArn": self.topic_arn,
            "Type": self.type,
        }
        return values[key]


class SigningKeys(Protocol):
    """The public keys that SNS signs with, by the URL of their certificate."""

    async def key(self, url: str) -> RSAPublicKey:
        """Raise Forbidden for a certificate that is not to be believed, Unavailable when it cannot be had now."""
        ...


@attrs.frozen(slots=True)
class Trusted:
    """What an application takes SNS messages from."""

    topic_arn: str
    signature_versions: Collection[str] = ("2",)
    origins: Collection[str] = ()
    """Besides SNS's hosts, of a stand-in in development: `https://127.0.0.1:9443`."""


_read: Final = msgspec.json.Decoder(SnsMessage).decode


def read_message(body: bytes) -> SnsMessage:
    """Raise InvalidInput when this is not an SNS message."""
    try:
        return _read(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidInput(
            "the body is no SNS message",
            field="body",
            fix="subscribe the URL to the topic by HTTPS, without raw message delivery",
        ) from None


async def verify(message: SnsMessage, trusted: Trusted, keys: SigningKeys, *, now: datetime) -> None:
    """Raise Forbidden unless all of it holds; the cheap checks come first."""
    names = _SIGNED.get(message.type)
    if names is None:
        raise Forbidden(f"{message.type[:40]!r} is no type of SNS message")
    if message.topic_arn != trusted.topic_arn:
        raise Forbidden("the message comes from another topic than topic_arn")
    if message.signature_version not in trusted.signature_versions:
        raise Forbidden(f"signature version {message.signature_version[:10]!r} is not taken")
    sent = timestamp(message.timestamp)
    if not now - OLDEST <= sent <= now + NEWEST:
        raise Forbidden("the message is too old or from the future")
    if not is_sns_url(message.cert_url, trusted.origins) or not urlsplit(message.cert_url).path.endswith(
        ".pem"
    ):
        raise Forbidden("SigningCertURL does not lead to SNS")
    key = await keys.key(message.cert_url)
    try:
        signature = base64.b64decode(message.signature, validate=True)
        algorithm = _HASHES[message.signature_version]()
        key.verify(signature, string_to_sign(message, names), PKCS1v15(), algorithm)
    except (InvalidSignature, binascii.Error, ValueError):
        raise Forbidden("the signature does not hold") from None


def string_to_sign(message: SnsMessage, names: Collection[str]) -> bytes:
    """Names and values on lines of their own, in the order of their names; an absent subject is left out."""
    lines = [(name, message.value(name)) for name in names]
    return "".join(f"{name}\n{value}\n" for name, value in lines if value is not None).encode()


def is_sns_url(url: str, origins: Collection[str]) -> bool:
    """Whether a URL leads to SNS itself (https, its host, the usual port) or to one of `origins`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if f"{parts.scheme}://{parts.netloc}" in origins:
        return True
    named = parts.username is None and parts.password is None and port in (None, 443)
    return parts.scheme == "https" and named and bool(SNS_HOST.fullmatch(parts.hostname or ""))


def timestamp(value: str) -> datetime:
    """ISO 8601 as AWS writes it; raise Forbidden for anything else: it was signed, so it is not ours to guess."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Forbidden("the message has no readable time") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
