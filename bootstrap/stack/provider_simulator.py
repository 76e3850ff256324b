"""The provider simulator as a child process, and what the roles must be told to use it instead of the real providers."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

from bootstrap.stack.role_process import RoleProcess

START_SECONDS = 20.0
TEXT_GATEWAYS = ("solapi", "nhn", "nhn_alimtalk", "twilio")


class ProviderSimulator:
    """Starts the simulator in `folder` and answers where it listens."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        arguments = ["-m", "entrypoints.simulator", "--folder", str(self._folder), "--exit-with-parent"]
        self.process = RoleProcess("simulator", arguments, {}, self._folder / "simulator.log")
        self.addresses: Mapping[str, str] = {}

    def start(self) -> None:
        """Return once it accepts connections. Raise RuntimeError with its last words when it does not."""
        self._folder.mkdir(parents=True, exist_ok=True)
        ready = self._folder / "simulator.json"
        ready.unlink(missing_ok=True)
        self.process.start()
        until = time.monotonic() + START_SECONDS
        while not ready.exists():
            if not self.process.running or time.monotonic() > until:
                raise RuntimeError(f"the simulator did not start:\n{self.process.last_words()}")
            time.sleep(0.02)
        self.addresses = json.loads(ready.read_text(encoding="utf-8"))

    def environment(self) -> dict[str, str]:
        """Settings that point the roles at the simulator."""
        return simulator_environment(self.addresses)


def simulator_environment(at: Mapping[str, str]) -> dict[str, str]:
    """Settings that point a process at a simulator that listens at these addresses."""
    return {
        "APNS_PRODUCTION_URL": at["apns_production"],
        "APNS_SANDBOX_URL": at["apns_sandbox"],
        "FCM_URL": at["fcm"],
        "GOOGLE_TOKEN_URL": at["oauth_token"],
        "EXTRA_CA_FILE": at["ca_certificate"],
        "PROVIDER_URLS": json.dumps(
            {
                **{name: at[name] for name in ("smtp", "ses", "sns")},
                **dict.fromkeys(TEXT_GATEWAYS, at["texts"]),
            }
        ),
    }
