"""What a text message and an AlimTalk cost this process: `python -m bootstrap.bench.texts_run [messages]`.

Each provider gets them in batches over real HTTPS from the simulator, a process of its own. Counted are the CPU seconds of all
threads of this process between batch and outcomes: checks, requests, TLS, answers. The pipeline's own share is not in it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.request import Request, urlopen
from uuid import uuid4

import attrs

from adapters.channels.kakao import plugin as kakao
from adapters.channels.sms import plugin as sms
from application.ports.channel_plugins import ChannelPlugin
from application.ports.channels import ChannelSettings, Credential, Envelope, SendBatch
from bootstrap.stack.provider_simulator import TEXT_GATEWAYS, ProviderSimulator
from domain.messaging.client_ref import client_ref
from domain.messaging.content import Body
from domain.messaging.outcome import Accepted, Outcome

BATCH: Final = 500
"""Envelopes of one batch: as many as the pipeline puts into a chunk."""
WARM_UP: Final = 4
"""Batches that are not counted."""
TEXT: Final[Body] = {"text": "[상점] 주문 1042가 출발했습니다. 오늘 도착합니다."}
ALIMTALK: Final[Body] = {"template_code": "ORDER01", "variables": {"name": "홍길동", "no": 1042}}
TEMPLATE: Final = "#{name}님, 주문 #{no}이 출발했습니다."
TEMPLATES: Final = [
    {"provider": provider, "code": "ORDER01", "content": TEMPLATE} for provider in ("solapi", "nhn_alimtalk")
]
SOLAPI: Final = {"api_key": "BENCHKEY12345678", "api_secret": "s" * 32, "sender": "0223456789"}
NHN: Final = {"app_key": "BenchAppKey12345", "secret_key": "BenchSecret12345"}
TWILIO: Final = {"account_sid": "AC" + "0" * 32, "auth_token": "f" * 32, "sender": "+14155552671"}


@attrs.frozen
class Course:
    """One provider of one channel."""

    plugin: ChannelPlugin
    provider: str
    fields: Mapping[str, str]
    content: Body


COURSES: Final = (
    Course(sms, "solapi", SOLAPI, TEXT),
    Course(sms, "nhn", {**NHN, "sender": "0223456789"}, TEXT),
    Course(sms, "twilio", TWILIO, TEXT),
    Course(kakao, "solapi", {**SOLAPI, "pf_id": "KA01PF1234567890"}, ALIMTALK),
    Course(kakao, "nhn_alimtalk", {**NHN, "sender_key": "k" * 40}, ALIMTALK),
)


class Unpaced:
    """Nobody else sends."""

    async def reserve(self, bucket: str, n: int, rate: float) -> tuple[float, float]:
        """At once."""
        return 0.0, 0.0

    async def slow_down(self, bucket: str, seconds: float) -> None:
        """Nothing to slow down."""


class Outcomes:
    """Counts what was reported."""

    def __init__(self) -> None:
        self.accepted = 0
        self.others: list[Outcome] = []

    def __call__(self, place: int, outcome: Outcome) -> None:
        """The outcome of the envelope at this place."""
        if isinstance(outcome, Accepted):
            self.accepted += 1
        else:
            self.others.append(outcome)


def put(url: str, method: str, document: object) -> None:
    """Tell the simulator something."""
    request = Request(url, json.dumps(document).encode(), {"content-type": "application/json"}, method=method)  # noqa: S310 - our own simulator's control address
    with urlopen(request, timeout=30):  # noqa: S310 - the same
        pass


def prepare(control: str) -> None:
    """Accounts and the one approved template."""
    put(
        f"{control}/control/keys",
        "POST",
        {
            "solapi": [{"key": SOLAPI["api_key"], "secret": SOLAPI["api_secret"]}],
            "nhn": [{"key": NHN["app_key"], "secret": NHN["secret_key"]}],
            "twilio": [{"key": TWILIO["account_sid"], "secret": TWILIO["auth_token"]}],
        },
    )
    put(f"{control}/control/behaviour", "PUT", {"texts": {"templates": TEMPLATES}})


def envelopes_of(course: Course, number: int) -> list[Envelope]:
    """One batch; every recipient another number."""
    expires = datetime.now(UTC) + timedelta(days=1)
    found = []
    for n in range(number * BATCH, (number + 1) * BATCH):
        id_ = uuid4()
        to = f"+8210{n:08d}"
        found.append(
            Envelope(id_, id_, to, course.content, 1, expires_at=expires, client_ref=client_ref(id_, 1))
        )
    return found


async def run(course: Course, settings: ChannelSettings, messages: int) -> dict[str, object]:
    """Microseconds of CPU a message, and the rate of this one sender."""
    sender = course.plugin.open(settings, Unpaced())
    application_id = uuid4()
    credential = Credential(application_id, course.provider, 1, course.fields)
    used = passed = 0.0
    outcomes = Outcomes()
    batches: Sequence[int] = range(WARM_UP + max(1, messages // BATCH))
    try:
        for number in batches:
            if number == WARM_UP:
                used = passed = 0.0
                outcomes = Outcomes()
            batch = SendBatch(
                application_id, course.plugin.types[0], credential, envelopes_of(course, number)
            )
            cpu, wall = time.process_time(), time.perf_counter()
            await sender.send(batch, outcomes, lambda: True)
            used += time.process_time() - cpu
            passed += time.perf_counter() - wall
    finally:
        await sender.close()
    if outcomes.others:
        raise RuntimeError(f"{course.provider}: {outcomes.others[0]}")
    return {
        "channel": course.plugin.channel.wire,
        "provider": course.provider,
        "messages": outcomes.accepted,
        "cpu_us_per_message": round(used / outcomes.accepted * 1e6, 1),
        "rate": round(outcomes.accepted / passed),
    }


def settings_of(addresses: Mapping[str, str]) -> ChannelSettings:
    """Every gateway is the simulator."""
    return ChannelSettings(
        provider_urls=dict.fromkeys(TEXT_GATEWAYS, addresses["texts"]),
        extra_ca_pem=Path(addresses["ca_certificate"]).read_bytes(),
        public_url="https://signal.example.com",
    )


async def measure(
    settings: ChannelSettings, messages: int, courses: Sequence[Course] = COURSES
) -> list[dict[str, object]]:
    """Each course in turn."""
    return [await run(course, settings, messages) for course in courses]


def hang(control: str, provider: str) -> None:
    """From now on this gateway answers nobody."""
    texts = {"templates": TEMPLATES, "rules": [{"provider": provider, "outcome": "hang"}]}
    put(f"{control}/control/behaviour", "PUT", {"texts": texts, "mail": {"ses_rate": 100_000.0}})


def main() -> None:
    """Print one JSON line for each provider."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory(prefix=f"signal-texts-{secrets.token_hex(2)}-") as folder:
        simulator = ProviderSimulator(Path(folder))
        simulator.start()
        try:
            prepare(simulator.addresses["control"])
            for found in asyncio.run(measure(settings_of(simulator.addresses), messages)):
                sys.stdout.write(json.dumps(found) + "\n")
        finally:
            simulator.process.ask_to_stop()
            simulator.process.wait()


if __name__ == "__main__":
    main()
