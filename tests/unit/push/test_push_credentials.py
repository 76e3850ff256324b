"""Credentials: what is refused and how, what is shown, and tokens that others can verify."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from adapters.channels.push import plugin
from adapters.channels.push.apns.credential import ApnsCredential, ProviderToken
from domain.shared.errors import InvalidInput
from tests.integration.simulator.harness import ApnsKeyPair, ServiceAccountPair

APNS = ApnsKeyPair()
GOOGLE = ServiceAccountPair()
TOKEN_URI = "https://oauth2.googleapis.com/token"


def pem(key: Any, password: bytes | None = None) -> str:
    """A private key as PKCS#8 PEM."""
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode())


def apns_fields(**changes: str | None) -> dict[str, str]:
    """Good APNs fields with some replaced; None leaves one out."""
    fields: dict[str, str | None] = {
        "team_id": APNS.team_id,
        "key_id": APNS.key_id,
        "bundle_id": "com.example.app",
        "private_key": APNS.private,
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("team_id", None),
        ("team_id", "TEAM"),
        ("team_id", "team123456"),
        ("team_id", "TEAM1234567"),
        ("key_id", None),
        ("key_id", "KEY-123456"),
        ("bundle_id", None),
        ("bundle_id", "com.example app"),
        ("bundle_id", "com.example\r\nx: y"),
        ("private_key", None),
        ("private_key", "not a key"),
        ("private_key", APNS.public),
        ("private_key", pem(ec.generate_private_key(ec.SECP384R1()))),
        ("private_key", GOOGLE.private),
        ("private_key", pem(ed25519.Ed25519PrivateKey.generate())),
        ("private_key", pem(ec.generate_private_key(ec.SECP256R1()), b"secret")),
        ("certificate", "x"),
    ],
)
async def test_apns_credentials_that_cannot_work_are_refused_by_field(field: str, value: str | None) -> None:
    """Nothing of the key is quoted."""
    with pytest.raises(InvalidInput) as caught:
        await plugin.providers["apns"].check_credential(apns_fields(**{field: value}))
    assert caught.value.field == field
    assert caught.value.fix
    assert "BEGIN" not in caught.value.message


async def test_good_apns_credentials_are_summed_up_without_secrets() -> None:
    """Ids, bundle and the public key's SHA-256."""
    check = await plugin.providers["apns"].check_credential(apns_fields(private_key=f"\n  {APNS.private}\n"))
    der = load_pem_public_key(APNS.public.encode()).public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    assert check.summary == {
        "team_id": APNS.team_id,
        "key_id": APNS.key_id,
        "bundle_id": "com.example.app",
        "key_fingerprint": hashlib.sha256(der).hexdigest(),
    }
    assert check.fields["private_key"] == APNS.private
    assert "PRIVATE" not in repr(check)


def account(**changes: Any) -> dict[str, str]:
    """A good service account with some members replaced; None leaves one out."""
    members: dict[str, Any] = {**GOOGLE.file(TOKEN_URI), **changes}
    return {"service_account": json.dumps({k: v for k, v in members.items() if v is not None})}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "service_account"),
        ({"service_account": ""}, "service_account"),
        ({"service_account": "{"}, "service_account"),
        ({"service_account": "[1]"}, "service_account"),
        ({"service_account": "[" * 100_000}, "service_account"),
        ({**account(), "server_key": "AAAA"}, "server_key"),
        (account(type="authorized_user"), "service_account.type"),
        (account(project_id=None), "service_account.project_id"),
        (account(project_id="a/../b"), "service_account.project_id"),
        (account(project_id=7), "service_account.project_id"),
        (account(client_email=None), "service_account.client_email"),
        (account(client_email="nobody"), "service_account.client_email"),
        (account(private_key=None), "service_account.private_key"),
        (account(private_key="x"), "service_account.private_key"),
        (account(private_key=APNS.private), "service_account.private_key"),
        (account(private_key=pem(rsa.generate_private_key(65537, 1024))), "service_account.private_key"),
        (account(token_uri="http://oauth2.googleapis.com/token"), "service_account.token_uri"),
        (account(token_uri="https://user@host/token"), "service_account.token_uri"),
        (account(token_uri="file:///etc/passwd"), "service_account.token_uri"),
    ],
)
async def test_service_accounts_that_cannot_work_are_refused_by_field(
    fields: dict[str, str], field: str
) -> None:
    """The member is named within the file."""
    with pytest.raises(InvalidInput) as caught:
        await plugin.providers["fcm"].check_credential(fields)
    assert caught.value.field == field
    assert caught.value.fix
    assert "BEGIN" not in caught.value.message


async def test_a_good_service_account_is_summed_up_without_secrets() -> None:
    """Only what is needed of the file is kept."""
    check = await plugin.providers["fcm"].check_credential(account(client_id="12345", extra="x"))
    assert check.summary["project_id"] == "demo-project"
    assert check.summary["client_email"] == GOOGLE.client_email
    assert len(check.summary["key_fingerprint"]) == 64
    stored = json.loads(check.fields["service_account"])
    assert set(stored) == {
        "type",
        "project_id",
        "private_key_id",
        "private_key",
        "client_email",
        "token_uri",
    }
    assert "PRIVATE" not in repr(check)
    assert "PRIVATE" not in json.dumps(dict(check.summary))


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


def provider_token(clock: Clock) -> ProviderToken:
    """The provider token of the test's key."""
    return ProviderToken(ApnsCredential.from_fields(apns_fields()), now=clock)


def test_a_provider_token_is_a_jwt_that_the_public_key_verifies() -> None:
    """ES256, kid, iss and iat as Apple asks, checked by PyJWT."""
    header = provider_token(Clock()).header()
    scheme, _, token = header.partition(" ")
    assert scheme == "bearer"
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "kid": APNS.key_id, "typ": "JWT"}
    claims = jwt.decode(token, APNS.public, algorithms=["ES256"], options={"verify_iat": False})
    assert claims["iss"] == APNS.team_id
    assert isinstance(claims["iat"], int)
    assert set(claims) == {"iss", "iat"}


def test_a_provider_token_lives_45_minutes() -> None:
    """One mint serves everybody until then."""
    clock = Clock()
    token = provider_token(clock)
    first = token.header()
    clock.at += 45 * 60
    assert token.header() is first
    clock.at += 1
    assert token.header() is not first


def test_an_expired_token_is_renewed_once_for_everybody_and_not_again_within_20_minutes() -> None:
    """A second expiry right after the first is a wrong clock."""
    clock = Clock()
    token = provider_token(clock)
    stale = token.header()
    renewed = token.renew(stale)
    assert renewed not in (None, stale)
    assert token.renew(stale) == renewed, "who still held the old one gets the same new one"
    assert token.renew(renewed or "") is None
    clock.at += 20 * 60 + 1
    assert token.renew(renewed or "") is not None


def test_too_many_updates_hold_the_mint_for_20_minutes_but_not_beyond_the_last_moment() -> None:
    """A token of 55 minutes must be replaced whatever Apple complained of."""
    clock = Clock()
    token = provider_token(clock)
    first = token.header()
    clock.at += 44 * 60
    token.hold()
    clock.at += 5 * 60
    assert token.header() is first
    assert token.renew(first) is None
    clock.at += 7 * 60
    assert token.header() is not first


def test_a_credential_never_shows_its_key() -> None:
    """Neither repr nor identity."""
    credential = ApnsCredential.from_fields(apns_fields())
    assert "PRIVATE" not in repr(credential)
    assert "private_key" not in repr(credential)
