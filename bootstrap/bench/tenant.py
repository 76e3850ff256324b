"""An application to measure with: made over REST like anybody's, with provider credentials and subscriptions."""

from __future__ import annotations

import json
import secrets
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any

import attrs
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PER_CALL = 1_000
BUNDLE_ID = "com.example.bench"


@attrs.frozen
class Tenant:
    """An application's id, its key and the ids of its subscriptions."""

    application_id: str
    api_key: str = attrs.field(repr=False)
    subscription_ids: Sequence[str] = attrs.field(repr=False)


class Desk:
    """The operator's calls, one after another."""

    def __init__(self, api_url: str, operator_key: str) -> None:
        self._api_url = api_url
        self._operator_key = operator_key

    def open_tenant(
        self, name: str, *, ios: int, android: int, advance: Callable[[int], None] = lambda _: None
    ) -> Tenant:
        """A new application with that many subscriptions; `advance` hears of every thousand registered."""
        application = self.call("POST", "/v1/applications", {"name": name})
        path = f"/v1/applications/{application['id']}"
        issued = self.call("POST", f"{path}/keys", {"label": "bench"})
        self.call("PUT", f"{path}/credentials/apns", {"fields": apns_fields()})
        self.call("PUT", f"{path}/credentials/fcm", {"fields": fcm_fields()})
        key = str(issued["api_key"])
        registrations = [{"type": "iOSPush", "token": secrets.token_hex(32)} for _ in range(ios)]
        registrations += [{"type": "AndroidPush", "token": fcm_token()} for _ in range(android)]
        # Shuffled as an audience is: a call's recipients are of both kinds.
        secrets.SystemRandom().shuffle(registrations)
        ids: list[str] = []
        for start in range(0, len(registrations), PER_CALL):
            some = registrations[start : start + PER_CALL]
            answer = self.call("POST", "/v1/subscriptions/batch", {"subscriptions": some}, key)
            ids += [str(one["id"]) for one in answer["results"]]
            advance(len(some))
        return Tenant(str(application["id"]), key, ids)

    def set_quota(self, tenant: Tenant, daily_quota: int) -> None:
        """Limit the application to so many messages a day."""
        self.call("PUT", f"/v1/applications/{tenant.application_id}/quota", {"daily_quota": daily_quota})

    def used_today(self, tenant: Tenant) -> int:
        """What the quota counts of today."""
        return int(self.call("GET", f"/v1/applications/{tenant.application_id}/quota")["daily_used"])

    def call(
        self, method: str, path: str, body: object = None, key: str | None = None, *, seconds: float = 60
    ) -> dict[str, Any]:
        """One call; raise OSError (HTTPError) when it is refused, or not answered in `seconds`."""
        request = urllib.request.Request(  # noqa: S310 - our own server
            self._api_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {key or self._operator_key}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
            found: dict[str, Any] = json.loads(answer.read() or b"{}")
            return found


def apns_fields() -> dict[str, str]:
    """A new signing key; the simulator believes any."""
    return {
        "team_id": "BENCHTEAM1",
        "key_id": "BENCHKEY01",
        "bundle_id": BUNDLE_ID,
        "private_key": _pem(ec.generate_private_key(ec.SECP256R1())),
    }


def fcm_fields() -> dict[str, str]:
    """A new service account."""
    account = {
        "type": "service_account",
        "project_id": f"bench-{secrets.token_hex(4)}",
        "private_key_id": secrets.token_hex(20),
        "private_key": _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        "client_email": "bench@example.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    return {"service_account": json.dumps(account)}


def fcm_token() -> str:
    """Of the usual shape and length."""
    return f"{secrets.token_urlsafe(16)}:APA91b{secrets.token_urlsafe(100)}"


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
