"""What one mail costs in this process: the channel's sender against the simulator, by provider, with and without DKIM.

CPU is this process's (all its threads, user and system): composing, signing, TLS and protocol; the simulator is another
process. `python -m bootstrap.bench.email_runs` prints it as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from uuid import UUID, uuid4

import uvloop
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.channels.email import plugin
from application.ports.channels import ChannelSender, ChannelSettings, Credential, Envelope, SendBatch
from bootstrap.bench.cpu import machine
from bootstrap.bench.spread import per_message
from bootstrap.stack.provider_simulator import ProviderSimulator
from domain.messaging.client_ref import client_ref
from domain.messaging.content import Body
from domain.messaging.links import LinkKeys
from domain.messaging.outcome import Outcome
from domain.shared.channels import SubscriptionType

CHUNK = 500
MESSAGES = 5_000
WARM_UP = 500
_PARAGRAPH = "<p>주문하신 상품이 오늘 출발했습니다. 배송 조회는 아래 링크에서 하실 수 있습니다.</p>"
CONTENT: Body = {
    "subject": "주문 1042가 출발했습니다",
    "html": "<html><body>"
    + "".join(f'{_PARAGRAPH * 6}<a href="https://shop.kr/orders/{n}">주문 보기</a>' for n in range(10))
    + '<a href="%unsubscribe_url%">수신 거부</a></body></html>',
}
"""Some 8 kB of html with ten counted links, a pixel and the way out."""
_WHO = {"from_address": "no-reply@mail.shop.kr", "from_name": "알림"}
_AWS = {"region": "us-east-1", "access_key_id": "AKIA" + "BENCH" * 3, "secret_access_key": "s" * 40}


class _NoPacing:
    """As fast as it goes."""

    async def reserve(self, bucket: str, n: int, rate: float) -> tuple[float, float]:
        return 0.0, 0.0

    async def slow_down(self, bucket: str, seconds: float) -> None:
        return None


SES = {**_WHO, **_AWS, "send_rate": "100000"}


def email_runs(messages: int = MESSAGES, only: Collection[str] | None = None) -> dict[str, object]:
    """The report: per run (`only` those of these names) the cost of a mail, how fast it went, and how many were taken."""
    with tempfile.TemporaryDirectory(prefix="signal-bench-") as folder:
        simulator = ProviderSimulator(Path(folder))
        simulator.start()
        try:
            trusted = Path(simulator.addresses["ca_certificate"]).read_bytes()
            return uvloop.run(_all(simulator.addresses, trusted, messages, only))
        finally:
            simulator.process.ask_to_stop()
            simulator.process.wait(5)


async def _all(
    addresses: Mapping[str, str], trusted: bytes, messages: int, only: Collection[str] | None
) -> dict[str, object]:
    relay = {**_WHO, "host": "127.0.0.1", "connections": "8", "bounce_domain": "bounce.shop.kr"}
    relay["messages_per_connection"] = "10000"
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signed = {"dkim_domain": "shop.kr", "dkim_selector": "as1"}
    runs: Mapping[str, tuple[str, dict[str, str]]] = {
        "ses": ("ses", SES),
        "ses_bulk": ("ses", {**SES, "bulk": "yes"}),
        "smtp": ("smtp", relay),
        "smtp_dkim_rsa": ("smtp", {**relay, **signed, "dkim_private_key": _pem(rsa_key)}),
        "smtp_dkim_ed25519": (
            "smtp",
            {**relay, **signed, "dkim_private_key": _pem(ed25519.Ed25519PrivateKey.generate())},
        ),
    }
    settings = ChannelSettings(
        extra_ca_pem=trusted,
        provider_urls={"smtp": addresses["smtp"], "ses": addresses["ses"]},
        public_url="https://signal.shop.kr",
        links=LinkKeys([b"k" * 32]),
        max_in_flight=64,
    )
    sender = plugin.open(settings, _NoPacing())
    report: dict[str, object] = {"machine": machine(), "html_bytes": len(str(CONTENT["html"]).encode())}
    for version, (name, (provider, fields)) in enumerate(runs.items(), start=1):
        if only is not None and name not in only:
            continue
        await _run(sender, provider, fields, version, WARM_UP)
        report[name] = await _run(sender, provider, fields, version, messages)
    await sender.close()
    return report


async def _run(
    sender: ChannelSender, provider: str, fields: Mapping[str, str], version: int, messages: int
) -> dict[str, object]:
    application_id = UUID(int=version)
    credential = Credential(application_id, provider, version, fields)
    outcomes: Counter[str] = Counter()

    def report(index: int, outcome: Outcome) -> None:
        outcomes[type(outcome).__name__.lower()] += 1

    batches = []
    for first in range(0, messages, CHUNK):
        envelopes = [_envelope(n) for n in range(first, min(first + CHUNK, messages))]
        batches.append(SendBatch(application_id, SubscriptionType.EMAIL, credential, envelopes))
    started, cpu = time.monotonic(), time.process_time()
    for batch in batches:
        await sender.send(batch, report, lambda: True)
    cpu, seconds = time.process_time() - cpu, time.monotonic() - started
    return {
        "messages": messages,
        "outcomes": dict(outcomes),
        "cpu_us_per_message": per_message(cpu, messages),
        "rate": round(messages / seconds, 1),
    }


def _envelope(n: int) -> Envelope:
    message_id = uuid4()
    return Envelope(
        message_id, uuid4(), f"kim{n}@example.com", CONTENT, 1, client_ref=client_ref(message_id, 1)
    )


def _pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(email_runs(), indent=2, ensure_ascii=False) + "\n")
