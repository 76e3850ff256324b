"""Apple and Google as a scenario sees them: the provider simulator, told how to answer, asked what arrived."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.integration.simulator.harness import TOPIC, ApnsKeyPair, ServiceAccountPair, Simulator

PROVIDER_OF = {"iPhone": "apns", "Android phone": "fcm", "Apple": "apns", "Google": "fcm"}


class PushProviders:
    """One simulator process for all scenarios; `forget` between two of them."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self.apple_key = ApnsKeyPair()
        self.google_account = ServiceAccountPair()
        self._rules: list[dict[str, Any]] = []
        self._latency_ms = 0.0

    @property
    def simulator(self) -> Simulator:
        """For scenarios of other channels, which it plays as well."""
        return self._simulator

    def addresses(self) -> dict[str, str]:
        """Settings that point the product here instead of at Apple and Google."""
        ready = self._simulator.ready
        return {
            "apns_production_url": ready["apns_production"],
            "apns_sandbox_url": ready["apns_sandbox"],
            "fcm_url": ready["fcm"],
            "google_token_url": ready["oauth_token"],
            "extra_ca_file": self._simulator.ca,
        }

    def forget(self) -> None:
        """Accept everything again, from those whose signatures can be checked."""
        self._simulator.reset()
        self._rules.clear()
        self._latency_ms = 0.0
        self.know(self.apple_key, self.google_account)

    def know(self, apple: ApnsKeyPair, google: ServiceAccountPair) -> None:
        """Check signatures with these public keys."""
        keys = {
            "apns": [{"key_id": apple.key_id, "team_id": apple.team_id, "public_key": apple.public}],
            "google": [
                {
                    "client_email": google.client_email,
                    "project_id": google.project_id,
                    "public_key": google.public,
                }
            ],
        }
        response = self._simulator.control.post("/control/keys", json=keys)
        assert response.status_code == 200, response.text

    def apple_fields(self, key: ApnsKeyPair) -> dict[str, str]:
        """What the shop enters for Apple."""
        return {
            "team_id": key.team_id,
            "key_id": key.key_id,
            "bundle_id": TOPIC,
            "private_key": key.private,
        }

    def answer(self, token: str, outcome: str, **more: Any) -> None:
        """Answer sends to a token so; `attempts` limits it to the first attempts of each message."""
        self._rules = [rule for rule in self._rules if rule["token"] != token]
        self._rules.append({"token": token, "outcome": outcome, **more})
        self._play()

    def answer_as_usual(self) -> None:
        """Take everything again."""
        self._rules.clear()
        self._play()

    def take_time(self, milliseconds: float) -> None:
        """Every answer takes so long."""
        self._latency_ms = milliseconds
        self._play()

    def attempts(self, message_id: UUID, provider: str | None = None) -> int:
        """How often the message arrived, at this provider or at any."""
        found = self._simulator.delivery(str(message_id))["deliveries"]
        return sum(one["attempts"] for one in found if provider in (None, one["provider"]))

    def taken(self, message_id: UUID, provider: str | None = None) -> int:
        """How often it was accepted."""
        found = self._simulator.delivery(str(message_id))["deliveries"]
        return sum(one["accepted"] for one in found if provider in (None, one["provider"]))

    def collapse_names(self, message_id: UUID) -> set[str]:
        """Under which names a phone showed the message: equal names replace each other on the screen."""
        requests = self._simulator.control.get("/control/requests", params={"last": "100"}).json()
        return {
            one["headers"]["apns-collapse-id"] for one in requests if one["message_id"] == str(message_id)
        }

    def requests(self) -> int:
        """How many sends arrived in this scenario."""
        return int(self._simulator.stats()["requests"])

    def _play(self) -> None:
        latency = {"kind": "fixed", "ms": self._latency_ms}
        self._simulator.play(rules=self._rules, latency=latency)
