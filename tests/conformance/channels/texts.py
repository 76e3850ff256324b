"""Solapi, NHN Cloud and Twilio as conformance cases, against the simulator: SMS and AlimTalk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import attrs

from adapters.channels.kakao import plugin as kakao
from adapters.channels.sms import plugin as sms
from application.ports.channels import ChannelSender, ChannelSettings
from application.ports.delivery_reports import CALLBACK_TOKEN
from domain.alimtalk.template import KakaoTemplate, TemplateStatus, Wording
from domain.messaging.content import Body
from domain.shared.channels import SubscriptionType
from tests.conformance.channels.provider_case import ProviderCase
from tests.integration.simulator.harness import Simulator, simulator

PROVIDERS = ("solapi", "nhn", "nhn_alimtalk", "twilio")
PUBLIC_URL = "https://signal.example.com"
TEMPLATE = {"code": "ORDER01", "content": "#{name}님, 주문 #{no}이 출발했습니다.", "name": "주문"}


class Mirrored:
    """A mirror in which the template stands as approved, whoever asks: what a provider that is away had said before."""

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def find(
        self, application_id: UUID, provider: str, codes: Sequence[str]
    ) -> Mapping[str, KakaoTemplate]:
        """The one template."""
        wording = Wording(TEMPLATE["content"])
        known = KakaoTemplate(
            application_id, self._provider, "ORDER01", "주문", TemplateStatus.APPROVED, wording
        )
        return {code: known for code in codes if code == known.code}

    async def put(self, templates: Sequence[KakaoTemplate]) -> None:
        """Nothing is kept."""


NOWHERE = "https://127.0.0.1:1"


class TextCase(ProviderCase):
    """What all of them have in common. Recipients are Korean mobile numbers."""

    plugin = sms
    type = SubscriptionType.SMS
    content: ClassVar[Body] = {"text": "인증번호 482913"}
    foreign_type = SubscriptionType.EMAIL
    mirror: ClassVar[Mirrored | None] = None
    """What is known of templates when the provider is away."""
    account: ClassVar[Mapping[str, Any]]
    """What the simulator is to know of the account."""
    dead_outcome: ClassVar[str]
    busy_outcome: ClassVar[str]
    """A code for one recipient that is to be tried again."""
    refusal: ClassVar[str]
    """A code that refuses the credential."""
    overload: ClassVar[str] = "all:503"
    templates: ClassVar[list[Mapping[str, Any]]] = []

    def __init__(self, double: Simulator) -> None:
        self.sim = double
        double.reset()
        response = double.control.post("/control/keys", json=self.account)
        assert response.status_code == 200, response.text
        super().__init__(double)
        self.play_accept()

    @classmethod
    @contextmanager
    def playing(cls, folder: Path) -> Iterator[Simulator]:
        """The simulator, for all of them."""
        with simulator(folder) as running:
            yield running

    def channel_settings(self) -> ChannelSettings:
        """Every gateway is the simulator."""
        return self.settings_for(self.sim.ready["texts"])

    def settings_for(self, url: str) -> ChannelSettings:
        """Settings that lead to one listener."""
        return ChannelSettings(
            provider_urls=dict.fromkeys(PROVIDERS, url),
            public_url=PUBLIC_URL,
            extra_ca_pem=Path(self.sim.ca).read_bytes(),
            connections=2,
            max_in_flight=50,
            request_timeout=10.0,
        )

    def go_nowhere(self) -> None:
        """No gateway is there; what it had said of templates is still known."""
        self.settings = attrs.evolve(
            self.settings,
            provider_urls=dict.fromkeys(PROVIDERS, NOWHERE),
            kakao_templates=self.mirror,
            connections=1,
        )

    def open_faulty(self, **settings: Any) -> ChannelSender:
        """A sender to the listener that plays faults on the level of frames."""
        return self.open(provider_urls=dict.fromkeys(PROVIDERS, self.sim.ready["fault"]), **settings)

    def recipient(self, n: int) -> str:
        """Each another number."""
        return f"+8210{n:08d}"

    def rules(self, *rules: Mapping[str, Any], **texts: Any) -> None:
        """Put rules for numbers in force."""
        self.sim.play(texts={"rules": list(rules), "templates": self.templates, **texts})

    def accepted(self) -> int:
        """Taken by this gateway, as it charges."""
        return int(self.sim.stats()[self.provider]["accepted"])

    def accepted_twice(self) -> int:
        """Taken more than once."""
        return int(self.sim.stats()[self.provider]["duplicates"])

    def play_accept(self) -> None:
        """No rules."""
        self.rules()

    def play_dead(self, recipient: str) -> None:
        """Refused for good."""
        self.rules({"to": recipient, "outcome": self.dead_outcome})

    def play_busy(self, seconds: int) -> None:
        """The whole request, for everybody."""
        self.rules({"outcome": self.overload, "retry_after": {"seconds": seconds}})

    def play_credential_fault(self) -> None:
        """The whole request, for everybody."""
        self.rules({"outcome": self.refusal})

    def play_lost_answer(self, recipient: str) -> None:
        """Questions about it stay unanswered, too."""
        self.rules(
            {"to": recipient, "outcome": "lost_answer"},
            {"to": recipient, "outcome": "hang", "step": "status"},
        )

    def play_cut(self, recipient: str) -> None:
        """Questions about it are cut off, too."""
        self.rules(
            {"to": recipient, "outcome": "disconnect"},
            {"to": recipient, "outcome": "disconnect", "step": "status"},
        )

    def play_mixed(self, dead: str, busy: str) -> None:
        """Two codes among others that are fine."""
        self.rules({"to": dead, "outcome": self.dead_outcome}, {"to": busy, "outcome": self.busy_outcome})

    def play_silence(self) -> None:
        """Everybody."""
        self.rules({"outcome": "hang"})


class SolapiSmsCase(TextCase):
    """Text messages through Solapi."""

    provider = "solapi"
    dead_code = -54
    account: ClassVar[Mapping[str, Any]] = {"solapi": [{"key": "NCSAKEY1234567890", "secret": "S" * 32}]}
    dead_outcome = "1060"
    busy_outcome = "1024"
    refusal = "all:InvalidAPIKey"

    def fields(self) -> dict[str, str]:
        """With a sender and a KakaoTalk channel."""
        return {
            "api_key": "NCSAKEY1234567890",
            "api_secret": "S" * 32,
            "sender": "0223456789",
            "pf_id": "KA01PF1234567890",
            CALLBACK_TOKEN: "t" * 32,
        }


class SolapiKakaoCase(SolapiSmsCase):
    """AlimTalk through Solapi."""

    plugin = kakao
    type = SubscriptionType.KAKAO_TALK
    content: ClassVar[Body] = {"template_code": "ORDER01", "variables": {"name": "홍길동", "no": 1042}}
    foreign_type = SubscriptionType.SMS
    templates: ClassVar[list[Mapping[str, Any]]] = [{"provider": "solapi", **TEMPLATE}]
    mirror = Mirrored("solapi")
    dead_code = -60
    dead_outcome = "3104"


class NhnSmsCase(TextCase):
    """Text messages through NHN Cloud."""

    provider = "nhn"
    dead_code = -50
    account: ClassVar[Mapping[str, Any]] = {"nhn": [{"key": "AppKey1234567890", "secret": "SecretKey1234"}]}
    dead_outcome = "-2018"
    busy_outcome = "-2021"
    refusal = "all:-1002"

    def fields(self) -> dict[str, str]:
        """With a webhook signature."""
        return {
            "app_key": "AppKey1234567890",
            "secret_key": "SecretKey1234",
            "sender": "0223456789",
            "webhook_signature": "simulated-signature",
            CALLBACK_TOKEN: "t" * 32,
        }


class NhnKakaoCase(TextCase):
    """AlimTalk through NHN Cloud."""

    plugin = kakao
    provider = "nhn_alimtalk"
    type = SubscriptionType.KAKAO_TALK
    content: ClassVar[Body] = {"template_code": "ORDER01", "variables": {"name": "홍길동", "no": 1042}}
    foreign_type = SubscriptionType.SMS
    templates: ClassVar[list[Mapping[str, Any]]] = [{"provider": "nhn_alimtalk", **TEMPLATE}]
    account: ClassVar[Mapping[str, Any]] = {"nhn": [{"key": "AppKey1234567890", "secret": "SecretKey1234"}]}
    mirror = Mirrored("nhn_alimtalk")
    dead_code = -60
    dead_outcome = "-5000"
    busy_outcome = "-7000"
    refusal = "all:-1000"

    def fields(self) -> dict[str, str]:
        """With a sender key and a webhook signature."""
        return {
            "app_key": "AppKey1234567890",
            "secret_key": "SecretKey1234",
            "sender_key": "k" * 40,
            "webhook_signature": "simulated-signature",
            CALLBACK_TOKEN: "t" * 32,
        }


class TwilioCase(TextCase):
    """Text messages through Twilio."""

    provider = "twilio"
    dead_code = -50
    account: ClassVar[Mapping[str, Any]] = {"twilio": [{"key": "AC" + "0" * 32, "secret": "f" * 32}]}
    dead_outcome = "21211"
    busy_outcome = "20409"
    refusal = "all:20003"
    overload = "all:503"

    def fields(self) -> dict[str, str]:
        """With a number to send from."""
        return {
            "account_sid": "AC" + "0" * 32,
            "auth_token": "f" * 32,
            "sender": "+14155552671",
            CALLBACK_TOKEN: "t" * 32,
        }


CASES = {
    "solapi_sms": SolapiSmsCase,
    "solapi_kakao": SolapiKakaoCase,
    "nhn_sms": NhnSmsCase,
    "nhn_kakao": NhnKakaoCase,
    "twilio": TwilioCase,
}
