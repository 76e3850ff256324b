"""APNs and FCM as conformance cases, against the simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import attrs

from adapters.channels.push import plugin
from application.ports.channels import ChannelSender, ChannelSettings
from domain.messaging.content import Body
from domain.shared.channels import SubscriptionType
from tests.conformance.channels.provider_case import ProviderCase
from tests.integration.simulator.harness import (
    ApnsKeyPair,
    ServiceAccountPair,
    Simulator,
    device_token,
    simulator,
)

CONTENT: Body = {
    "title": "배송 시작",
    "body": "주문 1042가 출발했습니다",
    "link": "app://orders/1042",
    "data": {"order": "1042"},
}
BUNDLE_ID = "com.example.app"
NOWHERE = "https://127.0.0.1:1"
GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"


class PushCase(ProviderCase):
    """What both routes have in common."""

    plugin = plugin
    content = CONTENT
    dead_code = -10

    def __init__(self, double: Simulator) -> None:
        self.sim = double
        double.reset()
        super().__init__(double)

    @classmethod
    @contextmanager
    def playing(cls, folder: Path) -> Iterator[Simulator]:
        """The simulator, for both."""
        with simulator(folder) as running:
            yield running

    def channel_settings(self) -> ChannelSettings:
        """Both providers are the simulator."""
        ready = self.sim.ready
        return ChannelSettings(
            apns_production_url=ready["apns_production"],
            apns_sandbox_url=ready["apns_sandbox"],
            fcm_url=ready["fcm"],
            google_token_url=ready["oauth_token"],
            extra_ca_pem=Path(self.sim.ca).read_bytes(),
            connections=2,
            max_in_flight=50,
            request_timeout=10.0,
        )

    def go_nowhere(self) -> None:
        """Neither."""
        self.settings = attrs.evolve(
            self.settings, apns_production_url=NOWHERE, apns_sandbox_url=NOWHERE, fcm_url=NOWHERE
        )

    def open_faulty(self, **settings: Any) -> ChannelSender:
        """A sender to the listener that plays faults on the level of frames."""
        fault = self.sim.ready["fault"]
        return self.open(apns_production_url=fault, fcm_url=fault, **settings)

    def recipient(self, n: int) -> str:
        """64 hexadecimal digits pass for a token of either provider."""
        return device_token(n)

    def rules(self, *rules: Mapping[str, Any], **behaviour: Any) -> None:
        """Put rules for tokens in force."""
        self.sim.play(rules=list(rules), **behaviour)

    def accepted(self) -> int:
        """Taken by the simulator."""
        return int(self.sim.stats()["accepted"])

    def accepted_twice(self) -> int:
        """Taken more than once."""
        return int(self.sim.stats()["duplicates"])

    def play_accept(self) -> None:
        """No rules."""
        self.sim.play()

    def play_lost_answer(self, token: str) -> None:
        """Processed, never answered."""
        self.rules({"token": token, "outcome": "lost_answer"})

    def play_cut(self, token: str) -> None:
        """Processed, then the connection is cut."""
        self.rules({"token": token, "outcome": "disconnect"})

    def play_silence(self) -> None:
        """Not processed, never answered."""
        self.rules({"token_prefix": "0", "outcome": "hang"})


class ApnsCase(PushCase):
    """iOS."""

    provider = "apns"
    type = SubscriptionType.IOS_PUSH

    def fields(self) -> dict[str, str]:
        """A .p8 key."""
        self.key = ApnsKeyPair()
        key = {"key_id": self.key.key_id, "team_id": self.key.team_id, "public_key": self.key.public}
        assert self.sim.control.post("/control/keys", json={"apns": [key]}).status_code == 200
        return {
            "team_id": self.key.team_id,
            "key_id": self.key.key_id,
            "bundle_id": BUNDLE_ID,
            "private_key": self.key.private,
        }

    def play_dead(self, token: str) -> None:
        """410."""
        self.rules({"token": token, "outcome": "Unregistered", "timestamp_ms": 1_790_000_000_000})

    def play_busy(self, seconds: int) -> None:
        """503."""
        wait = {"seconds": seconds}
        self.rules({"token_prefix": "0", "outcome": "ServiceUnavailable", "retry_after": wait})

    def play_credential_fault(self) -> None:
        """403."""
        self.rules({"token_prefix": "0", "outcome": "InvalidProviderToken"})

    def play_mixed(self, dead: str, busy: str) -> None:
        """410 and 429."""
        self.rules({"token": dead, "outcome": "Unregistered"}, {"token": busy, "outcome": "TooManyRequests"})


@cache
def service_account() -> ServiceAccountPair:
    """One for all cases: an RSA key takes a fifth of a second to find."""
    return ServiceAccountPair()


class FcmCase(PushCase):
    """Android."""

    provider = "fcm"
    type = SubscriptionType.ANDROID_PUSH

    def fields(self) -> dict[str, str]:
        """A service account."""
        self.account = service_account()
        account = {
            "client_email": self.account.client_email,
            "public_key": self.account.public,
            "project_id": self.account.project_id,
        }
        assert self.sim.control.post("/control/keys", json={"google": [account]}).status_code == 200
        return {"service_account": json.dumps(self.account.file(GOOGLE_TOKEN_URI))}

    def play_dead(self, token: str) -> None:
        """404 UNREGISTERED."""
        self.rules({"token": token, "outcome": "UNREGISTERED"})

    def play_busy(self, seconds: int) -> None:
        """503."""
        self.rules({"token_prefix": "0", "outcome": "UNAVAILABLE", "retry_after": {"seconds": seconds}})

    def play_credential_fault(self) -> None:
        """403 without an FCM error."""
        self.rules({"token_prefix": "0", "outcome": "PERMISSION_DENIED"})

    def play_mixed(self, dead: str, busy: str) -> None:
        """404 and 429 of a device."""
        self.rules(
            {"token": dead, "outcome": "UNREGISTERED"}, {"token": busy, "outcome": "DEVICE_QUOTA_EXCEEDED"}
        )


CASES = {"apns": ApnsCase, "fcm": FcmCase}
