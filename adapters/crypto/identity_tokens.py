"""JSON Web Tokens (RFC 7519) of an application's own server, verified with PyJWT; the key decides the algorithm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from application.ports.identity_tokens import OpenedKey
from domain.applications.identity_key import LEEWAY, LONGEST_LIFE, IdentityAlgorithm
from domain.shared.errors import InvalidInput, Unauthenticated

MAX_TOKEN: Final = 4_096
MIN_SECRET_BYTES: Final = 32
"""RFC 7518 section 3.2: a key as long as the hash."""
MIN_RSA_BITS: Final = 2_048
_CHECKS: Final[Any] = {
    "require": ["exp", "sub", "aud"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}
"""Times are compared with our own clock, below."""


class JwtIdentityTokens:
    """Implements `application.ports.identity_tokens.IdentityTokens`."""

    def check_material(self, algorithm: IdentityAlgorithm, material: str) -> str:
        if algorithm is IdentityAlgorithm.HS256:
            if len(material.encode()) < MIN_SECRET_BYTES or "-----BEGIN" in material:
                raise InvalidInput(
                    "key is not a secret of 32 bytes or more", field="key", fix="send 32 random bytes as text"
                )
            return material
        text = material.strip()
        fix = "send a P-256 public key in PEM" if algorithm is IdentityAlgorithm.ES256 else "send RSA in PEM"
        if "PRIVATE" in text:
            raise InvalidInput("key is a private key, which must stay with you", field="key", fix=fix)
        try:
            key = load_pem_public_key(text.encode())
        except ValueError:
            raise InvalidInput("key is not a public key in PEM", field="key", fix=fix) from None
        fits = (
            isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
            if algorithm is IdentityAlgorithm.ES256
            else isinstance(key, RSAPublicKey) and key.key_size >= MIN_RSA_BITS
        )
        if not fits:
            raise InvalidInput(f"key is not one for {algorithm}", field="key", fix=fix)
        return text

    def subject(self, token: str, keys: Sequence[OpenedKey], *, audience: UUID, now: datetime) -> str:
        if len(token) > MAX_TOKEN:
            raise _refused("it is too long")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise _refused("it is no JSON Web Token") from None
        kid = header.get("kid")
        named = [key for key in keys if kid is None or key.kid == kid]
        if not named:
            raise _refused("no key with its kid is registered")
        reason = "its signature does not verify"
        for key in named:
            try:
                # The algorithm is the key's, never the token's word.
                claims = jwt.decode(
                    token,
                    key.material,
                    algorithms=[key.algorithm.value],
                    audience=str(audience),
                    options=_CHECKS,
                )
            except jwt.InvalidAudienceError:
                reason = "aud is not this application"
            except jwt.MissingRequiredClaimError as error:
                reason = f"the claim {error.claim} is missing"
            except (jwt.PyJWTError, ValueError, TypeError):
                continue
            else:
                return _subject(claims, now)
        raise _refused(reason)


def _subject(claims: dict[str, Any], now: datetime) -> str:
    expires, begins, subject = claims["exp"], claims.get("nbf"), claims["sub"]
    seconds = now.astimezone(UTC).timestamp()
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise _refused("exp is no time")
    if expires + LEEWAY.total_seconds() < seconds:
        raise _refused("it has expired")
    if expires - seconds > (LONGEST_LIFE + LEEWAY).total_seconds():
        raise _refused("it lives longer than seven days")
    if isinstance(begins, int | float) and begins - LEEWAY.total_seconds() > seconds:
        raise _refused("it is not valid yet")
    if not isinstance(subject, str) or not subject:
        raise _refused("sub is no text")
    return subject


def _refused(why: str) -> Unauthenticated:
    return Unauthenticated(
        f"the identity token does not convince: {why}",
        field="identity_token",
        fix="have your server issue another one",
    )
