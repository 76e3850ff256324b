"""`bench --channel`: what a message of each channel costs this process, and channels side by side, one of them sick.

Measured is the channel's sender against the simulator, a process of its own: composing, signing, requests, TLS, answers. The
pipeline's share (accept, lease, settle) is in the bench of pushes.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from uuid import uuid4

import attrs
import uvloop

from adapters.channels.email import plugin as email
from adapters.channels.push import plugin as push
from application.ports.channel_plugins import ChannelPlugin
from application.ports.channels import ChannelSender, ChannelSettings, Credential, Envelope, SendBatch
from bootstrap.bench import email_runs, texts_run
from bootstrap.bench.cpu import machine
from bootstrap.bench.texts_run import BATCH, Course, Unpaced
from bootstrap.demo.provider_credentials import ProviderCredentials
from bootstrap.stack.provider_simulator import ProviderSimulator
from domain.messaging.client_ref import client_ref
from domain.messaging.content import Body
from domain.messaging.links import LinkKeys
from domain.messaging.outcome import Accepted, Outcome
from domain.shared.channels import SubscriptionType

TEXTS: Final = {"sms": "sms", "alimtalk": "kakao_talk"}
"""Name on the command line → channel."""
MAILS: Final = {"ses": ("ses", "ses_bulk"), "smtp": ("smtp", "smtp_dkim_rsa", "smtp_dkim_ed25519")}
MIXED: Final = "mixed"
CHANNELS: Final = (*TEXTS, *MAILS, MIXED)
AIMS: Final[Mapping[str, float]] = {
    **dict.fromkeys(("sms solapi", "sms nhn", "kakao_talk solapi", "kakao_talk nhn_alimtalk"), 60.0),
    **dict.fromkeys(("ses", "ses_bulk"), 400.0),
    "smtp": 800.0,
    **dict.fromkeys(("smtp_dkim_rsa", "smtp_dkim_ed25519"), 1_000.0),
}
"""CPU µs a message; Twilio takes one message a request, so that the aim of batches is none of its."""
NOWHERE: Final = "https://127.0.0.1:1"
SICK: Final = "sms"
MAIL: Final[Body] = {"subject": "주문 안내", "text": "주문 1042가 출발했습니다.", "tracking": False}
PUSH: Final[Body] = {"title": "주문 안내", "body": "주문 1042가 출발했습니다."}

Report = dict[str, object]


def channel_bench(channel: str, messages: int, seconds: float) -> Report:
    """The report of one channel, or of all side by side for `seconds` a window."""
    found: Report = {"machine": machine(), "channel": channel}
    if channel in MAILS:
        runs = email_runs.email_runs(messages, only=MAILS[channel])
        found["runs"] = {name: _judged(name, runs[name]) for name in MAILS[channel]}
        return found
    with tempfile.TemporaryDirectory(prefix="signal-bench-") as folder:
        simulator = ProviderSimulator(Path(folder))
        simulator.start()
        try:
            control = simulator.addresses["control"]
            texts_run.prepare(control)
            if channel == MIXED:
                found |= uvloop.run(_side_by_side(simulator.addresses, seconds))
            else:
                courses = [one for one in texts_run.COURSES if one.plugin.channel.wire == TEXTS[channel]]
                settings = texts_run.settings_of(simulator.addresses)
                measured = uvloop.run(texts_run.measure(settings, messages, courses))
                names = [f"{one['channel']} {one['provider']}" for one in measured]
                found["runs"] = {name: _judged(name, one) for name, one in zip(names, measured, strict=True)}
        finally:
            simulator.process.ask_to_stop()
            simulator.process.wait(5)
    return found


def _judged(name: str, run: object) -> Report:
    assert isinstance(run, dict)
    aim = AIMS.get(name)
    if aim is None:
        return run
    return {**run, "aim_us": aim, "within_aim": float(run["cpu_us_per_message"]) <= aim}


@attrs.define
class Track:
    """One channel of the mixed load: it sends a batch after the other, as long as it may."""

    course: Course
    sender: ChannelSender
    type: SubscriptionType
    address: str
    """With a place for a number."""
    accepted: int = 0
    others: Counter[str] = attrs.field(factory=Counter)

    async def send(self, until: float) -> None:
        """Only what was answered in time counts."""
        credential = Credential(uuid4(), self.course.provider, 1, self.course.fields)

        def report(place: int, outcome: Outcome) -> None:
            if time.monotonic() > until:
                return
            if isinstance(outcome, Accepted):
                self.accepted += 1
            else:
                self.others[getattr(outcome, "reason", "")] += 1

        number = 0
        while time.monotonic() < until:
            envelopes = [self._envelope(number * BATCH + n) for n in range(BATCH)]
            batch = SendBatch(credential.application_id, self.type, credential, envelopes)
            before = self.accepted
            await self.sender.send(batch, report, lambda: time.monotonic() < until)
            number += 1
            if self.accepted == before:
                # The pipeline does not offer what was not taken again before a second has passed.
                await asyncio.sleep(1.0)

    def _envelope(self, n: int) -> Envelope:
        id_ = uuid4()
        return Envelope(
            id_, id_, self.address.format(n), self.course.content, 1, client_ref=client_ref(id_, 1)
        )


def _tracks(settings: ChannelSettings) -> dict[str, Track]:
    keys = ProviderCredentials.generate()
    courses: list[tuple[str, ChannelPlugin, str, Mapping[str, str], Body, SubscriptionType, str]] = [
        ("ios", push, "apns", keys.apns_fields(), PUSH, SubscriptionType.IOS_PUSH, "{:064x}"),
        ("android", push, "fcm", keys.fcm_fields(), PUSH, SubscriptionType.ANDROID_PUSH, "{:022d}:APA91b"),
        ("email", email, "ses", email_runs.SES, MAIL, SubscriptionType.EMAIL, "kim{}@example.com"),
    ]
    texts = {("sms", "solapi"): "sms", ("kakao_talk", "nhn_alimtalk"): "alimtalk"}
    for one in texts_run.COURSES:
        name = texts.get((one.plugin.channel.wire, one.provider))
        if name is not None:
            type_ = one.plugin.types[0]
            courses.append((name, one.plugin, one.provider, one.fields, one.content, type_, "+8210{:08d}"))
    return {
        name: Track(
            Course(plugin, provider, fields, content), plugin.open(settings, Unpaced()), type_, address
        )
        for name, plugin, provider, fields, content, type_, address in courses
    }


async def _window(tracks: Sequence[Track], seconds: float) -> dict[str, float]:
    """Messages a second of each, all at once."""
    for one in tracks:
        one.accepted, one.others = 0, Counter()
    until = time.monotonic() + seconds
    tasks = [asyncio.create_task(one.send(until)) for one in tracks]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return {one.course.provider: round(one.accepted / seconds, 1) for one in tracks}


async def _side_by_side(addresses: Mapping[str, str], seconds: float) -> Report:
    """All channels; then the others without SMS, beside one whose provider hangs, and beside one that is not there."""
    settings = attrs.evolve(
        texts_run.settings_of(addresses),
        apns_production_url=addresses["apns_production"],
        apns_sandbox_url=addresses["apns_sandbox"],
        fcm_url=addresses["fcm"],
        google_token_url=addresses["oauth_token"],
        provider_urls={**texts_run.settings_of(addresses).provider_urls, "ses": addresses["ses"]},
        links=LinkKeys([b"k" * 32]),
    )
    tracks = _tracks(settings)
    sick = tracks[SICK]
    others = [one for name, one in tracks.items() if name != SICK]
    urls = {**settings.provider_urls, sick.course.provider: NOWHERE}
    dead = attrs.evolve(
        sick, sender=sick.course.plugin.open(attrs.evolve(settings, provider_urls=urls), Unpaced())
    )
    try:
        await _window([*tracks.values()], 1.0)
        cpu = time.process_time()
        healthy = await _window([*tracks.values()], seconds)
        used = (time.process_time() - cpu) / max(sum(one.accepted for one in tracks.values()), 1)
        without = [await _window(others, seconds)]
        texts_run.hang(addresses["control"], sick.course.provider)
        hanging = await _window([*others, sick], seconds)
        absent = await _window([*others, dead], seconds)
        without.append(await _window(others, seconds))
    finally:
        for one in (*tracks.values(), dead):
            await one.sender.close()
    base = {name: (without[0][name] + without[1][name]) / 2 for name in without[0]}
    return {
        "cpu_us_per_message": round(used * 1e6, 1),
        "rates_all": healthy,
        "rates_without_sms": {name: round(rate, 1) for name, rate in base.items()},
        "beside_a_hanging_provider": _against(hanging, base),
        "beside_a_dead_provider": _against(absent, base),
    }


def _against(found: Mapping[str, float], base: Mapping[str, float]) -> Report:
    ratio = {name: round(found[name] / rate, 3) for name, rate in base.items() if rate}
    total = sum(found[name] for name in base) / max(sum(base.values()), 1e-9)
    return {
        "rates": dict(found),
        "ratio": ratio,
        "ratio_of_all": round(total, 3),
        "within_10_percent": total >= 0.9,
    }
