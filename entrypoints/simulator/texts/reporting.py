"""Later reports: each message gets its final state after a while, and whoever is to know is called.

Solapi's webhooks are arrays of events without a signature, NHN Cloud's carry the configured text, Twilio's are forms
signed with the account's Auth Token, one for each change of state.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import heapq
import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from entrypoints.simulator.stage import Stage
from entrypoints.simulator.text_script import TextProvider
from entrypoints.simulator.texts.fates import fate_of
from entrypoints.simulator.texts.solapi_shapes import event_of
from entrypoints.simulator.texts.store import TakenText

ATTEMPTS: Final = 5
"""Deliveries of a webhook altogether."""
BACKOFF_SECONDS: Final = 0.3
AT_ONCE: Final = 100
"""Events that one webhook carries."""
TIMEOUT: Final = timedelta(seconds=15)
DELIVERED: Final[Mapping[TextProvider, str]] = {
    "solapi": "4000",
    "nhn": "1000",
    "nhn_alimtalk": "1000",
    "twilio": "delivered",
}
_SEOUL: Final = ZoneInfo("Asia/Seoul")


class Reporting:
    """What the gateways still owe."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._due: list[tuple[float, int, TakenText]] = []
        self._order = count()
        self._wake = asyncio.Event()
        self._calling: set[asyncio.Task[None]] = set()
        self.counts: Counter[str] = Counter()

    def owe(self, text: TakenText) -> None:
        """A message was taken: it will be reported."""
        reports = self._stage.behaviour.texts.reports
        if reports.deliver:
            due = self._stage.now() + reports.delay_ms / 1000
            heapq.heappush(self._due, (due, next(self._order), text))
            self._wake.set()

    def forget(self) -> None:
        """Drop what is owed."""
        self._due.clear()
        self.counts.clear()

    def stats(self) -> dict[str, int]:
        """Counts since the last reset, and what is waiting."""
        names = ("reported", "webhooks", "delivered", "refused", "given_up")
        return {**{name: self.counts[name] for name in names}, "waiting": len(self._due) + len(self._calling)}

    async def run(self) -> None:
        """Report what is due until cancelled."""
        async with ClientBuilder().timeout(TIMEOUT).build() as client:
            try:
                while True:
                    self._wake.clear()
                    texts = self._take()
                    if texts:
                        self._report(client, texts)
                    await self._pause()
            finally:
                for task in self._calling:
                    task.cancel()

    def _take(self) -> list[TakenText]:
        now = self._stage.now()
        texts: list[TakenText] = []
        while self._due and self._due[0][0] <= now:
            texts.append(heapq.heappop(self._due)[2])
        return texts

    async def _pause(self) -> None:
        wait = None if not self._due else max(self._due[0][0] - self._stage.now(), 0.01)
        try:
            async with asyncio.timeout(wait):
                await self._wake.wait()
        except TimeoutError:
            return

    def _report(self, client: Client, texts: Sequence[TakenText]) -> None:
        behaviour = self._stage.behaviour
        now = self._stage.now()
        by_provider: dict[TextProvider, list[TakenText]] = {}
        for text in texts:
            fate = fate_of(self._stage, "report", text)
            finish(text, fate.code or DELIVERED[text.provider], now)
            by_provider.setdefault(text.provider, []).append(text)
        self.counts["reported"] += len(texts)
        webhooks = behaviour.texts.reports.webhooks
        for provider, some in by_provider.items():
            if provider == "twilio":
                for text in some:
                    if text.callback is not None:
                        self._call(client, text.callback, twilio_forms(text))
                continue
            url = webhooks.get(provider)
            for first in range(0, len(some), AT_ONCE) if url is not None else ():
                assert url is not None
                self._call(client, url, [self._webhook(provider, some[first : first + AT_ONCE])])

    def _webhook(self, provider: TextProvider, texts: Sequence[TakenText]) -> tuple[dict[str, str], bytes]:
        headers = {"content-type": "application/json"}
        if provider == "solapi":
            return headers, msgspec.json.encode([event_of(text) for text in texts])
        headers["x-toast-webhook-signature"] = self._stage.behaviour.texts.reports.nhn_signature
        return headers, msgspec.json.encode(nhn_webhook(provider, texts))

    def _call(self, client: Client, url: str, requests: Sequence[tuple[dict[str, str], bytes]]) -> None:
        task = asyncio.create_task(self._deliver(client, url, requests))
        self._calling.add(task)
        task.add_done_callback(self._calling.discard)

    async def _deliver(
        self, client: Client, url: str, requests: Sequence[tuple[dict[str, str], bytes]]
    ) -> None:
        for headers, body in requests:
            self.counts["webhooks"] += 1
            for attempt in range(ATTEMPTS):
                status = await _post(client, url, headers, body)
                if status is not None and status < 400:
                    self.counts["delivered"] += 1
                    break
                if status is not None and status < 500 and status != 429:
                    self.counts["refused"] += 1
                    break
                await asyncio.sleep(BACKOFF_SECONDS * 2**attempt)
            else:
                self.counts["given_up"] += 1


def finish(text: TakenText, code: str, now: float) -> None:
    """The final state of a message."""
    text.code = code
    text.updated = text.reported = now
    if text.provider == "twilio":
        text.status = code if code in ("delivered", "read", "sent") else "undelivered"
    else:
        text.status = "COMPLETE"


def twilio_forms(text: TakenText) -> list[tuple[dict[str, str], bytes]]:
    """The status callbacks of one message: sent, then what became of it."""
    assert text.callback is not None
    forms = []
    for status in dict.fromkeys(("sent", text.status)):
        form = {
            "MessageSid": text.id,
            "SmsSid": text.id,
            "MessageStatus": status,
            "SmsStatus": status,
            "To": text.to,
            "From": text.sender,
            "AccountSid": text.account,
            "ApiVersion": "2010-04-01",
        }
        if status == "undelivered":
            form["ErrorCode"] = text.code
        forms.append((twilio_headers(text.secret, text.callback, form), urlencode(form).encode()))
    return forms


def twilio_headers(secret: str, url: str, form: Mapping[str, str]) -> dict[str, str]:
    """With the signature that Twilio's documentation describes."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    signature = base64.b64encode(hmac.new(secret.encode(), signed.encode(), hashlib.sha1).digest())
    return {
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-signature": signature.decode(),
    }


def nhn_webhook(provider: TextProvider, texts: Sequence[TakenText]) -> dict[str, object]:
    """NHN Cloud's envelope with one hook per result."""
    kakao = provider == "nhn_alimtalk"
    return {
        "hooksId": uuid4().hex,
        "webhookConfigId": "simulated",
        "productName": "KakaoTalk Bizmessage" if kakao else "SMS",
        "appKey": texts[0].account,
        "event": "MESSAGE_RESULT_UPDATE",
        "hooks": [_hook(text, kakao) for text in texts],
    }


def _hook(text: TakenText, kakao: bool) -> dict[str, object]:
    at = datetime.fromtimestamp(text.updated, UTC).astimezone(_SEOUL)
    shared: dict[str, object] = {
        "hookId": uuid4().hex,
        "requestId": text.group,
        "recipientSeq": text.seq,
        "receiveDate": at.strftime("%Y-%m-%dT%H:%M:%S"),
        "recipientNo": f"0{text.to[3:]}" if text.to.startswith("+82") else text.to[1:],
        "resultCode": text.code,
        "recipientGroupingKey": text.ref,
    }
    if kakao:
        return {**shared, "kakaoMessageType": "ALIMTALK_NORMAL"}
    good = text.code == DELIVERED["nhn"]
    return {**shared, "senderType": "NORMAL_SMS", "messageStatus": "COMPLETED" if good else "FAILED"}


async def _post(client: Client, url: str, headers: Mapping[str, str], body: bytes) -> int | None:
    try:
        response = await client.post(url).headers(headers).body_bytes(body).build().send()
        await response.bytes()
    except PyreqwestError:
        return None
    return int(response.status)
