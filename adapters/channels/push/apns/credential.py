"""APNs credentials: a team's .p8 signing key, checked when entered, and the provider token it signs.

Source: Apple, "Establishing a token-based connection to APNs": ES256, `kid` and `iss` of ten characters, valid for
one hour, not renewed more often than every 20 minutes.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping

import attrs
from aioapns.connection import JWTAuthorizationHeaderProvider
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from application.ports.channels import CredentialCheck
from domain.shared.errors import InvalidInput

FIELDS = ("team_id", "key_id", "bundle_id", "private_key")
RENEW_AFTER = 45 * 60.0
"""Seconds. Apple refuses a token after 60 minutes."""
LAST_MOMENT = 55 * 60.0
"""Seconds after which a token is renewed even while Apple complains of too many updates."""
LEAST_BETWEEN_UPDATES = 20 * 60.0
"""Seconds between two renewals that we were not due to make (Apple: at most one in 20 minutes)."""

_IDENTIFIER = re.compile(r"[A-Z0-9]{10}\Z")
_BUNDLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,254}\Z")


@attrs.frozen(slots=True)
class ApnsCredential:
    """Checked fields; `identity` is the same wherever the same key is used, and tells nothing about it."""

    team_id: str
    key_id: str
    bundle_id: str
    private_key: EllipticCurvePrivateKey = attrs.field(repr=False)
    identity: str

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> ApnsCredential:
        """Raise InvalidInput naming the field that cannot work."""
        for name in fields:
            if name not in FIELDS:
                raise InvalidInput(f"{name} is not an APNs field", field=name, fix=f"use {', '.join(FIELDS)}")
        team_id = _identifier(fields, "team_id", "the Team ID of the Apple developer account")
        key_id = _identifier(fields, "key_id", "the Key ID shown beside the .p8 key")
        bundle_id = _stripped(fields, "bundle_id")
        if not _BUNDLE_ID.match(bundle_id):
            raise InvalidInput(
                "bundle_id is no bundle identifier",
                field="bundle_id",
                fix="send it as in Xcode: com.example.app",
            )
        private_key = _private_key(_stripped(fields, "private_key"))
        identity = f"{team_id}/{key_id}/{fingerprint(private_key)}"
        return cls(team_id, key_id, bundle_id, private_key, identity)


class ProviderToken:
    """The bearer token of one signing key, shared by all its connections in this process."""

    def __init__(self, credential: ApnsCredential, *, now: Callable[[], float] = time.time) -> None:
        self._credential = credential
        self._now = now
        self._header = ""
        self._minted_at = float("-inf")
        self._held_until = float("-inf")
        self._renewed_at = float("-inf")

    def header(self) -> str:
        """The `authorization` header; minted anew after 45 minutes."""
        now = self._now()
        age = now - self._minted_at
        if age > RENEW_AFTER and (now >= self._held_until or age > LAST_MOMENT):
            self._mint(now)
        return self._header

    def renew(self, stale: str) -> str | None:
        """Another header than `stale`, which Apple calls expired, or None when renewing again would not help.

        One renewal serves everybody who held the stale one; a second within 20 minutes means a skewed clock.
        """
        if self._header != stale:
            return self._header
        now = self._now()
        if now < self._held_until or now - self._renewed_at < LEAST_BETWEEN_UPDATES:
            return None
        self._renewed_at = now
        self._mint(now)
        return self._header

    def hold(self) -> None:
        """Mint nothing for 20 minutes: Apple said TooManyProviderTokenUpdates."""
        self._held_until = self._now() + LEAST_BETWEEN_UPDATES

    def _mint(self, now: float) -> None:
        # aioapns caches per provider object; a new object is a new token, and the age is kept here.
        credential = self._credential
        signer = JWTAuthorizationHeaderProvider(credential.private_key, credential.key_id, credential.team_id)
        self._header = str(signer.get_header())  # type: ignore[no-untyped-call]
        self._minted_at = now


def check_apns_credential(fields: Mapping[str, str]) -> CredentialCheck:
    """The fields to store (the key as unencrypted PKCS#8 PEM) and a summary without secrets."""
    credential = ApnsCredential.from_fields(fields)
    pem = credential.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    shown = {
        "team_id": credential.team_id,
        "key_id": credential.key_id,
        "bundle_id": credential.bundle_id,
    }
    return CredentialCheck(
        fields={**shown, "private_key": pem.decode()},
        summary={**shown, "key_fingerprint": fingerprint(credential.private_key)},
    )


def fingerprint(private_key: EllipticCurvePrivateKey) -> str:
    """SHA-256 of the public key (SubjectPublicKeyInfo, DER), in hex."""
    public = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()


def _stripped(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"{name} is missing", field=name, fix=f"send {name} as text")
    return value.strip()


def _identifier(fields: Mapping[str, str], name: str, meaning: str) -> str:
    value = _stripped(fields, name)
    if not _IDENTIFIER.match(value):
        raise InvalidInput(f"{name} must be 10 capital letters or digits", field=name, fix=f"send {meaning}")
    return value


def _private_key(pem: str) -> EllipticCurvePrivateKey:
    fix = "send the text of the .p8 file, from BEGIN PRIVATE KEY to END PRIVATE KEY"
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidInput("private_key is no unencrypted PEM key", field="private_key", fix=fix) from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise InvalidInput("private_key is no P-256 key", field="private_key", fix=fix)
    return key
