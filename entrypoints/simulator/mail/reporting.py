"""After a mail was taken: decides what becomes of it, waits, and reports, through SNS or by mail to its bounce address."""

import asyncio
import heapq
from collections import Counter
from datetime import timedelta
from itertools import count
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from entrypoints.simulator.chance import fractions
from entrypoints.simulator.mail.events import ses_event
from entrypoints.simulator.mail.mailbox import TakenMail
from entrypoints.simulator.mail.returned import returned_mail
from entrypoints.simulator.mail.sns import Topic
from entrypoints.simulator.mail_behaviour import MailReports
from entrypoints.simulator.stage import Stage

ATTEMPTS: Final = 4
BACKOFF_SECONDS: Final = 0.25
TIMEOUT: Final = timedelta(seconds=15)
MOST_WAITING: Final = 200_000


class Owed:
    """One report that is due."""

    def __init__(self, url: str, body: bytes, headers: dict[str, str], kind: str) -> None:
        self.url = url
        self.body = body
        self.headers = headers
        self.kind = kind


class Reporting:
    """Reports as they fall due, in the order of their time."""

    def __init__(self, stage: Stage, topic: Topic) -> None:
        self._stage = stage
        self.topic = topic
        self._due: list[tuple[float, int, Owed]] = []
        self._order = count()
        self._wake = asyncio.Event()
        self.counts: Counter[str] = Counter()

    def taken(self, mail: TakenMail, tags: dict[str, list[str]] | None, provider_id: str = "") -> None:
        """A mail was taken by SMTP (`tags` None) or by SES."""
        reports = self._stage.behaviour.mail.reports
        if reports is None or len(self._due) >= MOST_WAITING:
            return
        now = self._stage.now()
        for kind in self._kinds(reports, mail):
            if tags is not None and reports.sns_url is not None:
                text = ses_event(kind, mail, tags, provider_id or uuid4().hex, now)
                self._owe(reports, self._notification(reports.sns_url, text, kind))
            elif tags is None and reports.bounce_url is not None and kind != "send":
                self._by_mail(reports, kind, mail, now)

    def subscribe(self, url: str) -> None:
        """Ask an endpoint to confirm a subscription of the topic."""
        body = self.topic.handshake(url, self._stage.now())
        headers = {"x-amz-sns-message-type": "SubscriptionConfirmation"}
        self._put(0.0, Owed(url, body, headers, "handshake"))

    def publish(self, url: str, text: str, version: str) -> None:
        """Publish any text to one endpoint."""
        self._put(0.0, self._notification(url, text, "published", version))

    async def run(self) -> None:
        """Report until cancelled."""
        loop = asyncio.get_running_loop()
        async with ClientBuilder().timeout(TIMEOUT).build() as client:
            while True:
                if not self._due:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                wait = self._due[0][0] - loop.time()
                if wait > 0:
                    await asyncio.sleep(min(wait, 0.1))
                    continue
                _, _, owed = heapq.heappop(self._due)
                self.counts[f"{owed.kind}:{await self._post(client, owed)}"] += 1

    def _kinds(self, reports: MailReports, mail: TakenMail) -> list[str]:
        for rule in reports.rules:
            if mail.recipient.startswith(rule.prefix):
                return ["send", *rule.kinds]
        bounce, soft, delivery, complaint = fractions(self._stage.behaviour.seed, mail.recipient, "reports")
        if bounce < reports.bounce_share:
            return ["send", "bounce"]
        if soft < reports.soft_bounce_share:
            return ["send", "soft_bounce"]
        kinds = ["send"]
        if delivery < reports.delivery_share:
            kinds.append("delivery")
        if complaint < reports.complaint_share:
            kinds.append("complaint")
        return kinds

    def _by_mail(self, reports: MailReports, kind: str, mail: TakenMail, now: float) -> None:
        assert reports.bounce_url is not None
        body = returned_mail(kind, mail, now)
        if body is None:
            return
        url = (
            f"{reports.bounce_url}?recipient={quote(mail.mail_from)}"
            if kind != "opt_out"
            else reports.bounce_url
        )
        self._owe(reports, Owed(url, body, {"content-type": "message/rfc822"}, kind))

    def _notification(self, url: str, text: str, kind: str, version: str = "2") -> Owed:
        body = self.topic.notification(text, self._stage.now(), version=version)
        headers = {"x-amz-sns-message-type": "Notification", "content-type": "text/plain; charset=UTF-8"}
        return Owed(url, body, headers, kind)

    def _owe(self, reports: MailReports, owed: Owed) -> None:
        self._put(reports.delay_ms / 1000, owed)

    def _put(self, delay: float, owed: Owed) -> None:
        due = asyncio.get_running_loop().time() + delay
        heapq.heappush(self._due, (due, next(self._order), owed))
        self._wake.set()

    async def _post(self, client: Client, owed: Owed) -> int:
        """The last status, 0 when nobody answered; 5xx and silence are tried again, as SNS does."""
        status = 0
        for attempt in range(ATTEMPTS):
            try:
                response = (
                    await client.post(owed.url).headers(owed.headers).body_bytes(owed.body).build().send()
                )
                status = response.status
            except PyreqwestError:
                status = 0
            if 0 < status < 500:
                return status
            await asyncio.sleep(BACKOFF_SECONDS * 2**attempt)
        return status
