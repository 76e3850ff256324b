"""Checks the ES256 provider tokens that APNs wants in `authorization`, once per token string.

Source: Apple, "Establishing a token-based connection to APNs": header `alg` ES256 and `kid`, claims `iss`
(team id) and `iat`, valid for one hour.
"""

from typing import Final

import jwt
from attrs import frozen
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.types import Options

from entrypoints.simulator.behaviour import Environment

LIFETIME_SECONDS: Final = 3600
ALLOWED_AHEAD_SECONDS: Final = 600
CACHE_LIMIT: Final = 10_000
_CLAIMS_UNCHECKED: Final[Options] = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
}


@frozen
class SigningKey:
    """One registered .p8 key's public half; `environment` None means both."""

    key_id: str
    team_id: str
    public_key: EllipticCurvePublicKey
    environment: Environment | None = None


def parse_apns_key(key_id: str, team_id: str, pem: str, environment: Environment | None) -> SigningKey:
    """A key from PEM text. Raises ValueError for anything but a P-256 public key."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("public_key: is no PEM public key") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("public_key: is no P-256 key")
    return SigningKey(key_id, team_id, key, environment)


class ProviderTokens:
    """Knows the registered keys; with none registered every well-formed token is taken."""

    def __init__(self) -> None:
        self._keys: dict[str, SigningKey] = {}
        self._verified: dict[tuple[Environment, str], float] = {}
        self._rejected: dict[tuple[Environment, str], str] = {}

    def register(self, keys: list[SigningKey]) -> None:
        """Add or replace keys; all tokens are checked again."""
        self._keys.update((key.key_id, key) for key in keys)
        self._verified.clear()
        self._rejected.clear()

    def forget(self) -> None:
        """Drop every key."""
        self._keys.clear()
        self.register([])

    def __len__(self) -> int:
        return len(self._keys)

    def fault(self, authorization: str | None, environment: Environment, now: float) -> str | None:
        """The APNs reason that speaks against this header, or None."""
        if authorization is None:
            return "MissingProviderToken"
        cached = (environment, authorization)
        issued_at = self._verified.get(cached)
        if issued_at is None:
            reason = self._rejected.get(cached)
            if reason is not None:
                return reason
            verdict = self._examine(authorization, environment)
            if len(self._verified) + len(self._rejected) >= CACHE_LIMIT:
                self._verified.clear()
                self._rejected.clear()
            if isinstance(verdict, str):
                self._rejected[cached] = verdict
                return verdict
            issued_at = self._verified[cached] = verdict
        if now - issued_at > LIFETIME_SECONDS:
            return "ExpiredProviderToken"
        return "InvalidProviderToken" if issued_at - now > ALLOWED_AHEAD_SECONDS else None

    def _examine(self, authorization: str, environment: Environment) -> float | str:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return "MissingProviderToken"
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != "ES256" or not isinstance(header.get("kid"), str):
                return "InvalidProviderToken"
            key = self._keys.get(header["kid"])
            if self._keys and key is None:
                return "InvalidProviderToken"
            if key is None:
                claims = jwt.decode(token, options={"verify_signature": False})
            else:
                claims = jwt.decode(token, key.public_key, algorithms=["ES256"], options=_CLAIMS_UNCHECKED)
        except jwt.PyJWTError:
            return "InvalidProviderToken"
        issuer, issued_at = claims.get("iss"), claims.get("iat")
        if (
            not isinstance(issuer, str)
            or isinstance(issued_at, bool)
            or not isinstance(issued_at, int | float)
        ):
            return "InvalidProviderToken"
        if key is not None and issuer != key.team_id:
            return "InvalidProviderToken"
        if key is not None and key.environment not in (None, environment):
            return "BadEnvironmentKeyIdInToken"
        return float(issued_at)
