"""Google's token endpoint and the access tokens it hands out, which FCM then asks for.

Source: RFC 7523 (JWT bearer grant) and Google, "Using OAuth 2.0 for server to server applications".
"""

import secrets
from typing import Final
from urllib.parse import parse_qs

import jwt
import msgspec
from attrs import frozen
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.types import Options

from entrypoints.simulator.stage import Answer, Stage

PATH: Final = "/token"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPES: Final = frozenset(
    {
        "https://www.googleapis.com/auth/firebase.messaging",
        "https://www.googleapis.com/auth/firebase",
        "https://www.googleapis.com/auth/cloud-platform",
    }
)
LONGEST_ASSERTION_SECONDS: Final = 3600
CLOCK_SKEW_SECONDS: Final = 300
TOKENS_KEPT: Final = 10_000
_JSON: Final = [("content-type", "application/json; charset=utf-8")]
_TIMES_UNCHECKED: Final[Options] = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
}


@frozen
class ServiceAccount:
    """A registered account's public key; its tokens work for `project_id` only, if that is given."""

    client_email: str
    public_key: RSAPublicKey
    project_id: str | None = None


def parse_service_account(client_email: str, pem: str, project_id: str | None) -> ServiceAccount:
    """An account from PEM text. Raises ValueError for anything but an RSA public key."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("public_key: is no PEM public key") from error
    if not isinstance(key, RSAPublicKey):
        raise ValueError("public_key: is no RSA key")
    return ServiceAccount(client_email, key, project_id)


class _Refused(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class AccessTokens:
    """The access tokens in circulation: expiry and, where known, the project they are good for."""

    def __init__(self) -> None:
        self._live: dict[str, tuple[float, str | None]] = {}

    def issue(self, project_id: str | None, expires_at: float, now: float) -> str:
        """A new token. Expired ones, and beyond the limit the oldest, are dropped."""
        if len(self._live) >= TOKENS_KEPT:
            self._live = {token: known for token, known in self._live.items() if known[0] > now}
        while len(self._live) >= TOKENS_KEPT:
            del self._live[next(iter(self._live))]
        token = "ya29.simulated." + secrets.token_urlsafe(24)
        self._live[token] = (expires_at, project_id)
        return token

    def fault(self, authorization: str | None, project_id: str, now: float) -> str | None:
        """The FCM failure that speaks against this header, or None."""
        if authorization is None or authorization[:7].lower() != "bearer ":
            return "UNAUTHENTICATED"
        known = self._live.get(authorization[7:])
        if known is None or known[0] <= now:
            return "UNAUTHENTICATED"
        return "PERMISSION_DENIED" if known[1] not in (None, project_id) else None

    def forget(self) -> None:
        """Revoke every token."""
        self._live.clear()


class Oauth:
    """Answers `POST /token`; with no account registered every well-formed assertion is taken."""

    def __init__(self, stage: Stage, tokens: AccessTokens) -> None:
        self._stage = stage
        self._tokens = tokens
        self._accounts: dict[str, ServiceAccount] = {}

    def register(self, accounts: list[ServiceAccount]) -> None:
        """Add or replace service accounts."""
        self._accounts.update((account.client_email, account) for account in accounts)

    def forget(self) -> None:
        """Drop every account and revoke every token."""
        self._accounts.clear()
        self._tokens.forget()

    def __len__(self) -> int:
        return len(self._accounts)

    def answer(self, method: str, body: bytes) -> Answer:
        """An access token, or an OAuth error (RFC 6749 section 5.2) with status 400."""
        scripted = self._stage.behaviour.oauth
        now = self._stage.now()
        try:
            if method != "POST":
                raise _Refused("invalid_request", "Only POST is allowed.")
            if scripted.error is not None:
                raise _Refused(scripted.error, "Scripted by the simulator.")
            project_id = self._check(body, now)
        except _Refused as refusal:
            self._stage.recorder.oauth[refusal.error] += 1
            text = {"error": refusal.error, "error_description": refusal.description}
            return Answer(400, _JSON, msgspec.json.encode(text))
        self._stage.recorder.oauth["issued"] += 1
        token = self._tokens.issue(project_id, now + scripted.expires_in, now)
        grant = {"access_token": token, "expires_in": scripted.expires_in, "token_type": "Bearer"}
        return Answer(200, _JSON, msgspec.json.encode(grant))

    def _check(self, body: bytes, now: float) -> str | None:
        form = parse_qs(body.decode("latin-1"))
        if form.get("grant_type") != [GRANT]:
            raise _Refused("unsupported_grant_type", "Invalid grant_type.")
        assertion = form.get("assertion", [""])[0]
        try:
            if jwt.get_unverified_header(assertion).get("alg") != "RS256":
                raise _Refused("invalid_grant", "Invalid JWT: RS256 expected.")
            claims = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError as error:
            raise _Refused("invalid_grant", "Bad JWT.") from error
        account = self._account(claims.get("iss"), assertion)
        self._check_times(claims.get("iat"), claims.get("exp"), now)
        audience = claims.get("aud")
        if not isinstance(audience, str) or not audience.endswith(PATH):
            raise _Refused("invalid_grant", "Invalid JWT: the audience is not this token endpoint.")
        scope = claims.get("scope")
        if not isinstance(scope, str) or SCOPES.isdisjoint(scope.split()):
            raise _Refused("invalid_scope", "No scope that covers messaging.")
        return None if account is None else account.project_id

    def _account(self, issuer: object, assertion: str) -> ServiceAccount | None:
        if not isinstance(issuer, str) or not issuer:
            raise _Refused("invalid_grant", "Invalid JWT: iss is missing.")
        if not self._accounts:
            return None
        account = self._accounts.get(issuer)
        if account is None:
            raise _Refused("invalid_grant", "Invalid grant: account not found")
        try:
            jwt.decode(assertion, account.public_key, algorithms=["RS256"], options=_TIMES_UNCHECKED)
        except jwt.PyJWTError as error:
            raise _Refused("invalid_grant", "Invalid JWT Signature.") from error
        return account

    @staticmethod
    def _check_times(issued_at: object, expires_at: object, now: float) -> None:
        if not (isinstance(issued_at, int | float) and isinstance(expires_at, int | float)) or not (
            now - LONGEST_ASSERTION_SECONDS - CLOCK_SKEW_SECONDS <= issued_at <= now + CLOCK_SKEW_SECONDS
            and now < expires_at <= issued_at + LONGEST_ASSERTION_SECONDS + CLOCK_SKEW_SECONDS
        ):
            raise _Refused(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                "Check your iat and exp values in the JWT claim.",
            )
