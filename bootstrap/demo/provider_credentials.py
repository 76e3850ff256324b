"""Credentials as Apple and Google hand them out, made on the spot: a .p8 signing key and a service account."""

from __future__ import annotations

import json
import secrets
import string
from typing import Any

import attrs
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

BUNDLE_ID = "kr.co.automata.demo"
_LETTERS = string.ascii_uppercase + string.digits


@attrs.frozen
class ProviderCredentials:
    """What `PUT /v1/applications/{id}/credentials/{apns,fcm}` wants, and the public halves for the simulator."""

    team_id: str
    key_id: str
    project_id: str
    client_email: str
    signing_key: ec.EllipticCurvePrivateKey = attrs.field(repr=False)
    account_key: rsa.RSAPrivateKey = attrs.field(repr=False)

    @classmethod
    def generate(cls) -> ProviderCredentials:
        """New keys and ids, different at every call."""
        project = f"automata-demo-{secrets.token_hex(3)}"
        return cls(
            team_id=_identifier(),
            key_id=_identifier(),
            project_id=project,
            client_email=f"push@{project}.iam.gserviceaccount.com",
            signing_key=ec.generate_private_key(ec.SECP256R1()),
            account_key=rsa.generate_private_key(public_exponent=65537, key_size=2048),
        )

    def apns_fields(self) -> dict[str, str]:
        """The fields of an APNs credential; secret."""
        return {
            "team_id": self.team_id,
            "key_id": self.key_id,
            "bundle_id": BUNDLE_ID,
            "private_key": _private(self.signing_key),
        }

    def fcm_fields(self) -> dict[str, str]:
        """The fields of an FCM credential; secret."""
        account = {
            "type": "service_account",
            "project_id": self.project_id,
            "private_key_id": secrets.token_hex(20),
            "private_key": _private(self.account_key),
            "client_email": self.client_email,
        }
        return {"service_account": json.dumps(account)}

    def public_keys(self) -> dict[str, Any]:
        """The body of the simulator's `POST /control/keys`, so that it checks every signature."""
        apns = {"key_id": self.key_id, "team_id": self.team_id, "public_key": _public(self.signing_key)}
        google = {
            "client_email": self.client_email,
            "project_id": self.project_id,
            "public_key": _public(self.account_key),
        }
        return {"apns": [apns], "google": [google]}


def _identifier() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(10))


def _private(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
