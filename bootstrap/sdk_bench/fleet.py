"""Simulated devices that speak the client API as the SDK does: first start, login, channels, receipts."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import attrs

from bootstrap.sdk_bench.connections import Connections

DEVICE = {
    "device_model": "iPhone17,1",
    "device_os": "iOS 26.0",
    "device_language": "ko-KR",
    "app_version": "1.0.0",
    "sdk_version": "0.1.0",
    "country_code": "KR",
    "test_type": 0,
}
EVENTS_PER_CALL = 100


@attrs.define
class Device:
    """One install, with what its SDK remembers."""

    api: Connections = attrs.field(repr=False)
    application_id: str
    install_id: str = attrs.field(factory=lambda: str(uuid4()))
    secret: str | None = attrs.field(default=None, repr=False)
    push: str = ""
    in_app: str = ""
    requests: int = 0

    def _request(self, method: str, path: str, body: object = None) -> bytes:
        headers = {"x-app-id": self.application_id, "x-install-id": self.install_id, "x-sdk": "flutter/0.1.0"}
        if self.secret is not None:
            headers["x-install-secret"] = self.secret
        return self.api.request(method, path, headers, body)

    async def _call(self, method: str, path: str, body: object = None) -> dict[str, object]:
        self.requests += 1
        answer = await self.api.send(self._request(method, path, body))
        return answer if isinstance(answer, dict) else {}

    async def register(self) -> None:
        """The first call: the push subscription, and the install's secret."""
        body = {**DEVICE, "type": "iOSPush", "token": secrets.token_hex(32), "permission": "granted"}
        answer = await self._call("POST", "/v1/client/subscriptions", {**body, "install_id": self.install_id})
        self.push, self.secret = str(answer["id"]), str(answer["install_secret"])

    async def start(self) -> None:
        """Everything that a first start of the app asks for."""
        await self.register()
        answer = await self._call("POST", "/v1/client/subscriptions", {**DEVICE, "type": "InAppMessage"})
        self.in_app = str(answer["id"])
        await self._call("GET", "/v1/client/config")
        await self._call("GET", f"/v1/client/in-app-messages?subscription_id={self.in_app}")

    async def log_in(self) -> None:
        body = {"external_id": f"user-{self.install_id}", "subscription_ids": [self.push]}
        await self._call("POST", "/v1/client/users/login", body)

    async def add_channels(self) -> None:
        """E-mail, SMS and KakaoTalk, one after the other as the SDK does it."""
        number = f"+8210{20_000_000 + secrets.randbelow(30_000_000)}"  # a block that is given out whole
        for type_, token in (
            ("Email", f"{self.install_id}@example.com"),
            ("SMS", number),
            ("KakaoTalk", number),
        ):
            await self._call("POST", "/v1/client/subscriptions", {**DEVICE, "type": type_, "token": token})

    def receipts(self, message_ids: Sequence[str]) -> bytes:
        """The request with one batch of receipts: what a device spends on it is not the server's."""
        moment = datetime.now(UTC).isoformat()
        events = [
            {
                "id": str(uuid4()),
                "message_id": one,
                "subscription_id": self.push,
                "type": "received",
                "occurred_at": moment,
            }
            for one in message_ids
        ]
        return self._request("POST", "/v1/client/events", {"events": events})

    async def report(self, request: bytes) -> None:
        """Send what `receipts` made."""
        self.requests += 1
        rejected = (await self.api.send(request)).get("rejected")
        if rejected:
            raise RuntimeError(f"receipts were rejected: {rejected}")
