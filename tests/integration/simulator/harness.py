"""A simulator in a process of its own, and the credentials and requests that tests send to it."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ROOT = Path(__file__).resolve().parents[3]
TOPIC = "com.example.app"
START_SECONDS = 30.0
PAYLOAD = {"aps": {"alert": {"title": "배송 시작", "body": "주문 1042"}}}


class Simulator:
    """A running simulator as its clients see it."""

    def __init__(self, ready: dict[str, Any], process: subprocess.Popen[bytes]) -> None:
        self.ready = ready
        self.process = process
        self.ca = ready["ca_certificate"]
        self.control = httpx.Client(base_url=ready["control"], timeout=20, trust_env=False)

    def tls(self) -> ssl.SSLContext:
        """A client context that trusts the simulator's CA and asks for HTTP/2."""
        context = ssl.create_default_context(cafile=self.ca)
        context.set_alpn_protocols(["h2"])
        return context

    def client(self, timeout: float = 10.0) -> httpx.AsyncClient:
        """An HTTP/2 client."""
        return httpx.AsyncClient(http2=True, http1=False, verify=self.tls(), timeout=timeout, trust_env=False)

    def play(self, **behaviour: Any) -> None:
        """Put a behaviour in force; fields not named are the default's."""
        response = self.control.put("/control/behaviour", json=behaviour)
        assert response.status_code == 200, response.text

    def stats(self) -> dict[str, Any]:
        """The totals."""
        return dict(self.control.get("/control/stats").json())

    def delivery(self, message_id: str) -> dict[str, Any]:
        """What arrived of one message."""
        return dict(self.control.get("/control/deliveries", params={"message_id": message_id}).json())

    def reset(self) -> None:
        """Back to how it started."""
        response = self.control.post("/control/reset", params={"also": "behaviour,devices,keys"})
        assert response.status_code == 204, response.text


@contextmanager
def simulator(folder: Path, *options: str) -> Iterator[Simulator]:
    """Start `python -m entrypoints.simulator` and stop it with SIGTERM."""
    command = [sys.executable, "-m", "entrypoints.simulator", "--folder", str(folder), "--exit-with-parent"]
    with subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            running = Simulator(wait_until_ready(folder, process), process)
            with running.control:
                yield running
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def wait_until_ready(folder: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The contents of simulator.json, once it is there."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the simulator ended before it was ready"
        if (folder / "simulator.json").exists():
            return dict(json.loads((folder / "simulator.json").read_text()))
        time.sleep(0.05)
    raise AssertionError("the simulator was not ready in time")


def ends_within(pid: int, seconds: float) -> bool:
    """Whether the process is gone before the time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return True
        time.sleep(0.05)
    return False


class ApnsKeyPair:
    """A .p8 key as a tenant would hold it."""

    def __init__(self, key_id: str = "KEY1234567", team_id: str = "TEAM123456") -> None:
        self.key_id, self.team_id = key_id, team_id
        key = ec.generate_private_key(ec.SECP256R1())
        self.private = _private_pem(key)
        self.public = _public_pem(key.public_key())

    def bearer(self, **claims: Any) -> str:
        """The authorization header; `claims` replace the ordinary ones."""
        ordinary = {"iss": self.team_id, "iat": int(time.time())}
        token = jwt.encode(
            {**ordinary, **claims}, self.private, algorithm="ES256", headers={"kid": self.key_id}
        )
        return f"bearer {token}"


class ServiceAccountPair:
    """A Google service account as a tenant would hold it."""

    def __init__(self, project_id: str = "demo-project") -> None:
        self.project_id = project_id
        self.client_email = f"sender@{project_id}.iam.gserviceaccount.com"
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.private = _private_pem(key)
        self.public = _public_pem(key.public_key())

    def file(self, token_uri: str) -> dict[str, str]:
        """The JSON that Google lets one download."""
        return {
            "type": "service_account",
            "project_id": self.project_id,
            "private_key_id": "0123456789abcdef",
            "private_key": self.private,
            "client_email": self.client_email,
            "client_id": "1",
            "token_uri": token_uri,
        }

    def assertion(self, **claims: Any) -> str:
        """The signed JWT of the bearer grant."""
        now = int(time.time())
        ordinary = {
            "iss": self.client_email,
            "aud": "https://oauth2.googleapis.com/token",
            "scope": "https://www.googleapis.com/auth/firebase.messaging",
            "iat": now,
            "exp": now + 3600,
        }
        return jwt.encode({**ordinary, **claims}, self.private, algorithm="RS256")


def grant(assertion: str) -> dict[str, str]:
    """The form of the token request."""
    return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}


def apns_headers(key: ApnsKeyPair, **changes: str | None) -> dict[str, str]:
    """The headers of a sound push; underscores in `changes` are hyphens, None leaves a header out."""
    headers: dict[str, str | None] = {
        "authorization": key.bearer(),
        "apns-topic": TOPIC,
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": "0",
        "apns-id": str(uuid4()),
    }
    headers.update({name.replace("_", "-"): value for name, value in changes.items()})
    return {name: value for name, value in headers.items() if value is not None}


def device_token(number: int) -> str:
    """A token of the usual shape, 64 hexadecimal digits."""
    return f"{number:064x}"


def _private_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def _public_pem(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()
