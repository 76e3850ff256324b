"""Identity tokens: whom they convince of what, and every way in which they do not."""

from __future__ import annotations

import base64
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from adapters.crypto.identity_tokens import JwtIdentityTokens
from application.ports.identity_tokens import OpenedKey
from domain.applications.identity_key import IdentityAlgorithm
from domain.shared.errors import InvalidInput, Unauthenticated

APPLICATION = UUID("0192f0c1-7a00-7000-8000-000000000001")
NOW = datetime(2026, 12, 1, tzinfo=UTC)
SECRET = "0123456789abcdef" * 4
EC = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
TOKENS = JwtIdentityTokens()


def pem(key: Any) -> str:
    return str(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


KEYS = [
    OpenedKey("ec", IdentityAlgorithm.ES256, pem(EC)),
    OpenedKey("rsa", IdentityAlgorithm.RS256, pem(RSA)),
    OpenedKey("hmac", IdentityAlgorithm.HS256, SECRET),
]
SIGNERS: dict[str, tuple[Any, str]] = {"ec": (EC, "ES256"), "rsa": (RSA, "RS256"), "hmac": (SECRET, "HS256")}


def token(kid: str = "ec", *, header_kid: str | None = "", **changes: Any) -> str:
    key, algorithm = SIGNERS[kid]
    claims = {"sub": "minsu", "aud": str(APPLICATION), "exp": NOW + timedelta(hours=1), **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    headers = {"kid": kid} if header_kid == "" else {} if header_kid is None else {"kid": header_kid}
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def subject(text: str, keys: list[OpenedKey] | None = None) -> str:
    return TOKENS.subject(text, KEYS if keys is None else keys, audience=APPLICATION, now=NOW)


@pytest.mark.parametrize("kid", SIGNERS)
def test_a_token_of_each_algorithm_convinces(kid: str) -> None:
    """Named by its kid, or without one by trying."""
    assert subject(token(kid)) == "minsu"
    assert subject(token(kid, header_kid=None)) == "minsu"


@pytest.mark.parametrize(
    "text",
    [
        token(exp=NOW - timedelta(minutes=2)),
        token(exp=NOW + timedelta(days=8)),
        token(exp=None),
        token(sub=None),
        token(sub=""),
        token(aud=None),
        token(aud="another application"),
        token(nbf=NOW + timedelta(minutes=5)),
        token(header_kid="unknown"),
        token("rsa", header_kid="ec"),
        token("ec")[:-4] + "AAAA",
        "not.a.token",
        "",
        "x" * 5_000,
    ],
)
def test_nothing_else_convinces(text: str) -> None:
    """Expired, endless, for somebody else, unsigned, altered: all name the field and what to do."""
    with pytest.raises(Unauthenticated) as refused:
        subject(text)
    assert (refused.value.field, bool(refused.value.fix)) == ("identity_token", True)


def test_the_key_decides_the_algorithm() -> None:
    """A public key used as the secret of HS256, and `none`, are the classic ways in: both are shut."""
    claims = {"sub": "minsu", "aud": str(APPLICATION), "exp": int(NOW.timestamp()) + 60}

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    signing = f"{part({'alg': 'HS256', 'kid': 'ec'})}.{part(claims)}"
    mac = hmac.digest(pem(EC).encode(), signing.encode(), "sha256")
    confused = f"{signing}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    unsigned = f"{part({'alg': 'none'})}.{part(claims)}."
    for text in (confused, unsigned):
        with pytest.raises(Unauthenticated):
            subject(text)


@pytest.mark.parametrize(("kid", "algorithm"), [("hmac", "HS512"), ("rsa", "RS512"), ("rsa", "PS256")])
def test_a_relative_of_the_algorithm_is_another_one(kid: str, algorithm: str) -> None:
    """The right key used in another way than it was registered for convinces nobody."""
    claims = {"sub": "minsu", "aud": str(APPLICATION), "exp": NOW + timedelta(hours=1)}
    text = jwt.encode(claims, SIGNERS[kid][0], algorithm=algorithm, headers={"kid": kid})
    with pytest.raises(Unauthenticated):
        subject(text)


def test_a_little_lateness_is_forgiven() -> None:
    """Clocks of servers differ by seconds."""
    assert subject(token(exp=NOW - timedelta(seconds=30))) == "minsu"


def test_the_clock_is_ours() -> None:
    """What PyJWT thinks of the time does not matter: a token of 2026 is judged at the moment given."""
    assert abs(time.time() - NOW.timestamp()) > 60
    assert subject(token()) == "minsu"


def test_without_keys_nothing_convinces() -> None:
    """An application that asks for tokens and registered no key lets nobody in."""
    with pytest.raises(Unauthenticated):
        subject(token(), [])


@pytest.mark.parametrize(
    ("algorithm", "material"),
    [
        (IdentityAlgorithm.HS256, "short"),
        (IdentityAlgorithm.HS256, pem(EC)),
        (IdentityAlgorithm.ES256, "not a key"),
        (IdentityAlgorithm.ES256, pem(RSA)),
        (IdentityAlgorithm.ES256, pem(ec.generate_private_key(ec.SECP384R1()))),
        (IdentityAlgorithm.RS256, pem(EC)),
        (IdentityAlgorithm.RS256, pem(rsa.generate_private_key(65537, 1024))),
        (
            IdentityAlgorithm.ES256,
            EC.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        ),
    ],
)
def test_weak_and_unfit_keys_are_refused(algorithm: IdentityAlgorithm, material: str) -> None:
    """Too short, of another kind, on another curve, or the half that must not leave its owner."""
    with pytest.raises(InvalidInput) as refused:
        TOKENS.check_material(algorithm, material)
    assert (refused.value.field, bool(refused.value.fix)) == ("key", True)


def test_good_keys_are_taken() -> None:
    """As they will be stored."""
    for key in KEYS:
        assert TOKENS.check_material(key.algorithm, key.material) == key.material.strip()
