"""SNS: messages signed with a key of our own, the certificate to check them with, and the handshake of a subscription.

Source: Amazon SNS developer guide, "Parsing Amazon SNS message formats" and "Verifying the signatures …".
"""

import base64
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

TOPIC: Final = "arn:aws:sns:us-east-1:123456789012:automata-signal-simulator"
CERTIFICATE_PATH: Final = "/SimpleNotificationService-simulator.pem"
CONFIRM_PREFIX: Final = "/sns/confirm/"
_NOTIFICATION: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_HANDSHAKE: Final = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


class Topic:
    """One topic; `origin` is where the certificate and the confirmation are served."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.certificate = _self_signed(self._key)
        self.origin = ""
        self._tokens: dict[str, str] = {}
        self.confirmed: list[str] = []

    def notification(
        self, message: str, now: float, *, subject: str | None = None, version: str = "2"
    ) -> bytes:
        """The body that SNS posts for a published text."""
        fields = {
            "Type": "Notification",
            "MessageId": str(uuid4()),
            "TopicArn": TOPIC,
            "Message": message,
            "Timestamp": _timestamp(now),
        }
        if subject is not None:
            fields["Subject"] = subject
        return self._signed(fields, _NOTIFICATION, version)

    def handshake(self, url: str, now: float, *, version: str = "2") -> bytes:
        """The body that SNS posts to an endpoint that is to be subscribed."""
        token = uuid4().hex
        self._tokens[token] = url
        fields = {
            "Type": "SubscriptionConfirmation",
            "MessageId": str(uuid4()),
            "Token": token,
            "TopicArn": TOPIC,
            "Message": f"You have chosen to subscribe to the topic {TOPIC}.",
            "SubscribeURL": f"{self.origin}{CONFIRM_PREFIX}{token}",
            "Timestamp": _timestamp(now),
        }
        return self._signed(fields, _HANDSHAKE, version)

    def confirm(self, token: str) -> bool:
        """The SubscribeURL was visited; whether its token was known."""
        url = self._tokens.pop(token, None)
        if url is not None:
            self.confirmed.append(url)
        return url is not None

    def _signed(self, fields: dict[str, str], names: tuple[str, ...], version: str) -> bytes:
        text = "".join(f"{name}\n{fields[name]}\n" for name in names if name in fields)
        algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 - what SNS signs with
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), algorithm)
        return msgspec.json.encode(
            {
                **fields,
                "SignatureVersion": version,
                "Signature": base64.b64encode(signature).decode(),
                "SigningCertURL": f"{self.origin}{CERTIFICATE_PATH}",
                "UnsubscribeURL": f"{self.origin}/sns/unsubscribe",
            }
        )


def _timestamp(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _self_signed(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.simulator")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)
