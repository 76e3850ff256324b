"""SMTP and Amazon SES as conformance cases, against the simulator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from adapters.channels.email import plugin
from application.ports.channel_plugins import Capabilities
from application.ports.channels import ChannelSender, ChannelSettings
from domain.messaging.content import Body
from domain.messaging.links import LinkKeys
from domain.shared.channels import SubscriptionType
from tests.conformance.channels.provider_case import ProviderCase
from tests.integration.simulator.harness import Simulator, simulator

CONTENT: Body = {
    "subject": "주문 1042가 출발했습니다",
    "html": '<p>안녕하세요. <a href="https://shop.kr/orders/1042">주문 보기</a></p><p><a href="%unsubscribe_url%">수신 거부</a></p>',
}
KEYS = LinkKeys([b"k" * 32])
WHO = {"from_address": "no-reply@mail.shop.kr", "from_name": "알림"}


class MailCase(ProviderCase):
    """What all routes have in common."""

    plugin = plugin
    type = SubscriptionType.EMAIL
    content = CONTENT
    dead_code = -42

    def __init__(self, double: Simulator) -> None:
        self.sim = double
        double.reset()
        super().__init__(double)

    @classmethod
    @contextmanager
    def playing(cls, folder: Path) -> Iterator[Simulator]:
        """The simulator, for all."""
        with simulator(folder) as running:
            yield running

    def channel_settings(self) -> ChannelSettings:
        """Both providers are the simulator."""
        return ChannelSettings(
            extra_ca_pem=Path(self.sim.ca).read_bytes(),
            connections=2,
            max_in_flight=50,
            request_timeout=10.0,
            provider_urls={"smtp": self.sim.ready["smtp"], "ses": self.sim.ready["ses"]},
            public_url="https://signal.shop.kr",
            links=KEYS,
        )

    def go_nowhere(self) -> None:
        """Neither."""
        urls = {"smtp": "smtp://127.0.0.1:1", "ses": "https://127.0.0.1:1"}
        self.settings = attrs.evolve(self.settings, provider_urls=urls)

    def recipient(self, n: int) -> str:
        """An address of a domain of nobody."""
        return f"kim{n}@example.com"

    def rules(self, *rules: Mapping[str, Any]) -> None:
        """Put rules for recipients in force."""
        self.sim.play(mail={"rules": list(rules)})

    def accepted(self) -> int:
        """Taken by the simulator."""
        return int(self.sim.stats()["accepted"])

    def accepted_twice(self) -> int:
        """Taken more than once."""
        return int(self.sim.stats()["duplicates"])

    def play_accept(self) -> None:
        """No rules."""
        self.sim.play()

    def play_lost_answer(self, recipient: str) -> None:
        """Taken, never answered."""
        self.rules({"recipient": recipient, "outcome": "lost_answer"})

    def play_cut(self, recipient: str) -> None:
        """Taken, then the connection is cut."""
        self.rules({"recipient": recipient, "outcome": "disconnect"})

    def play_silence(self) -> None:
        """Not taken, never answered."""
        self.rules({"prefix": "", "outcome": "hang"})


class SmtpCase(MailCase):
    """A relay with STARTTLS and login."""

    provider = "smtp"
    passes_retry_after = False

    def fields(self) -> dict[str, str]:
        """A login that the simulator knows."""
        at = urlsplit(self.sim.ready["smtp"])
        return {
            **WHO,
            "host": str(at.hostname),
            "port": str(at.port),
            "username": "shop",
            "password": "open sesame",
            "connections": "20",
            "bounce_domain": "bounce.shop.kr",
        }

    def play_dead(self, recipient: str) -> None:
        """550 5.1.1."""
        self.rules({"recipient": recipient, "outcome": "550 5.1.1 No such user"})

    def play_busy(self, seconds: int) -> None:
        """451: greylisted."""
        self.rules({"prefix": "", "outcome": "451 4.7.1 Greylisted"})

    def play_credential_fault(self) -> None:
        """535."""
        self.sim.play(mail={"login": "535 5.7.8 Authentication credentials invalid"})

    def play_mixed(self, dead: str, busy: str) -> None:
        """550 and 450."""
        self.rules(
            {"recipient": dead, "outcome": "550 5.1.1 No such user"},
            {"recipient": busy, "outcome": "450 4.2.1 Mailbox busy"},
        )


class SesCase(MailCase):
    """SES, one mail a request."""

    provider = "ses"
    bulk = "no"

    @property
    def capabilities(self) -> Capabilities:
        """Fifty recipients a request are an option of the credential."""
        return attrs.evolve(plugin.providers["ses"].capabilities, batch_size=1)

    def fields(self) -> dict[str, str]:
        """An access key that the simulator checks signatures with."""
        key = {
            "access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        }
        assert self.sim.control.post("/control/keys", json={"aws": [key]}).status_code == 200
        return {
            **WHO,
            **key,
            "region": "us-east-1",
            "configuration_set": "as-events",
            "bulk": self.bulk,
            "send_rate": "1000",
        }

    def open_faulty(self, **settings: Any) -> ChannelSender:
        """The listener that plays faults on the level of frames."""
        return self.open(provider_urls={"ses": self.sim.ready["fault"]}, **settings)

    def play_dead(self, recipient: str) -> None:
        """400 for the address."""
        self.rules({"recipient": recipient, "outcome": "BadRequestException: Illegal address"})

    dead_code = -40

    def play_busy(self, seconds: int) -> None:
        """503 with Retry-After."""
        self.rules({"prefix": "", "outcome": "ServiceUnavailable", "retry_after": seconds})

    def play_credential_fault(self) -> None:
        """403."""
        self.rules({"prefix": "", "outcome": "SignatureDoesNotMatch"})

    def play_mixed(self, dead: str, busy: str) -> None:
        """400 and 500."""
        self.rules(
            {"recipient": dead, "outcome": "BadRequestException: Illegal address"},
            {"recipient": busy, "outcome": "InternalServiceErrorException"},
        )


class SesBulkCase(SesCase):
    """SES, fifty recipients a request."""

    bulk = "yes"

    @property
    def capabilities(self) -> Capabilities:
        """As the plug-in says."""
        return plugin.providers["ses"].capabilities

    def play_dead(self, recipient: str) -> None:
        """One entry is refused."""
        self.rules({"recipient": recipient, "outcome": "INVALID_PARAMETER: Illegal address"})

    def play_mixed(self, dead: str, busy: str) -> None:
        """Two entries are refused."""
        self.rules(
            {"recipient": dead, "outcome": "INVALID_PARAMETER: Illegal address"},
            {"recipient": busy, "outcome": "TRANSIENT_FAILURE"},
        )


CASES = {"smtp": SmtpCase, "ses": SesCase, "ses-bulk": SesBulkCase}
