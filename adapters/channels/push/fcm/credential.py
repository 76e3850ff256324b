"""FCM credentials: a Google service account's JSON key, checked when entered."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import urlsplit

import attrs
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from application.ports.channels import CredentialCheck
from domain.shared.errors import InvalidInput

FIELD = "service_account"
GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
LEAST_KEY_BITS = 2048
_PROJECT_ID = re.compile(r"[a-z0-9][a-z0-9.:-]{0,62}\Z")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\Z")
_FIX = "send the JSON key file that Google Cloud created for the service account"


@attrs.frozen(slots=True)
class FcmCredential:
    """A checked service account."""

    project_id: str
    client_email: str
    private_key_id: str
    private_key: str = attrs.field(repr=False)
    """PEM."""
    token_uri: str
    key_fingerprint: str

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> FcmCredential:
        """Raise InvalidInput naming the field that cannot work (`service_account.project_id`)."""
        for name in fields:
            if name != FIELD:
                raise InvalidInput(f"{name} is not an FCM field", field=name, fix=f"use {FIELD}")
        account = _account(fields.get(FIELD))
        if account.get("type") != "service_account":
            _refuse("type", "must be service_account")
        project_id = _text(account, "project_id")
        if not _PROJECT_ID.match(project_id):
            _refuse("project_id", "is no Google Cloud project id")
        client_email = _text(account, "client_email")
        if not _EMAIL.match(client_email):
            _refuse("client_email", "is no e-mail address")
        private_key = _text(account, "private_key")
        key_fingerprint = _rsa_fingerprint(private_key)
        token_uri = str(account.get("token_uri") or GOOGLE_TOKEN_URI)
        if not _is_https(token_uri):
            _refuse("token_uri", "must be an https URL")
        private_key_id = str(account.get("private_key_id") or "")
        return cls(project_id, client_email, private_key_id, private_key, token_uri, key_fingerprint)

    def as_service_account(self, token_uri: str | None = None) -> dict[str, str]:
        """The key file's content, reduced to what is used; `token_uri` replaces the account's own."""
        return {
            "type": "service_account",
            "project_id": self.project_id,
            "private_key_id": self.private_key_id,
            "private_key": self.private_key,
            "client_email": self.client_email,
            "token_uri": token_uri or self.token_uri,
        }


def check_fcm_credential(fields: Mapping[str, str]) -> CredentialCheck:
    """The fields to store (only what is used of the key file) and a summary without secrets."""
    credential = FcmCredential.from_fields(fields)
    return CredentialCheck(
        fields={FIELD: json.dumps(credential.as_service_account())},
        summary={
            "project_id": credential.project_id,
            "client_email": credential.client_email,
            "private_key_id": credential.private_key_id,
            "key_fingerprint": credential.key_fingerprint,
        },
    )


def _refuse(key: str, problem: str) -> NoReturn:
    raise InvalidInput(f"{FIELD}.{key} {problem}", field=f"{FIELD}.{key}", fix=_FIX)


def _account(text: str | None) -> dict[str, object]:
    if not isinstance(text, str) or not text.strip():
        raise InvalidInput(f"{FIELD} is missing", field=FIELD, fix=_FIX)
    try:
        account = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput(f"{FIELD} is not JSON", field=FIELD, fix=_FIX) from None
    if not isinstance(account, dict):
        raise InvalidInput(f"{FIELD} must be a JSON object", field=FIELD, fix=_FIX)
    return account


def _text(account: Mapping[str, object], key: str) -> str:
    value = account.get(key)
    if not isinstance(value, str) or not value.strip():
        _refuse(key, "is missing")
    return value.strip()


def _rsa_fingerprint(pem: str) -> str:
    """SHA-256 of the public key (SubjectPublicKeyInfo, DER), in hex."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        _refuse("private_key", "is no unencrypted PEM key")
    if not isinstance(key, RSAPrivateKey) or key.key_size < LEAST_KEY_BITS:
        _refuse("private_key", f"is no RSA key of at least {LEAST_KEY_BITS} bits")
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False
