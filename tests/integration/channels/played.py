"""A channel that charges, played in the process: what its provider does with each recipient is up to the test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from adapters.channels.frame.vendor import Vendor
from application.ports.channel_plugins import Capabilities
from application.ports.channels import (
    ChannelSender,
    ChannelSettings,
    InquiryBatch,
    MayStart,
    Pacing,
    Poll,
    Polled,
    Report,
    SendBatch,
)
from application.ports.delivery_reports import Callback, CallbackAnswer
from application.ports.provider_settings import SettingField
from domain.messaging.content import Body
from domain.messaging.outcome import Accepted, Finding, NotAttempted, Outcome, Unknown
from domain.messaging.report import ProviderReport
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import Forbidden

SETTINGS = (SettingField("api_key", "the key", secret=True),)


class PlayedReader:
    """Reads callbacks that were written by the test: the body names reports that it has laid ready."""

    def __init__(self) -> None:
        self.laid_ready: dict[bytes, Sequence[ProviderReport]] = {}

    async def read(self, callback: Callback) -> CallbackAnswer:
        """Forbidden unless the header holds the key."""
        if callback.headers.get("x-signature") != callback.credential.fields["api_key"]:
            raise Forbidden("the signature does not hold")
        return CallbackAnswer(self.laid_ready.get(callback.body, ()), body=b"ok")

    async def close(self) -> None:
        """Nothing to close."""


class PlayedSender:
    """Takes everything unless told otherwise; counts what reached the provider."""

    def __init__(self) -> None:
        self.answer: Callable[[str], Outcome] = lambda recipient: Accepted(f"id-of-{recipient}")
        self.finding: Callable[[str], Finding] = lambda client_ref: Unknown("not asked")
        self.sent: Counter[str] = Counter()
        """By recipient."""
        self.refs: list[str] = []
        self.said: list[Body] = []
        self.asked: list[str] = []
        self.before_send: Callable[[], Awaitable[None]] | None = None
        self.pages: list[Polled] = []
        self.polls: list[Poll] = []

    async def send(self, batch: SendBatch, report: Report, may_start: MayStart) -> None:
        """One after the other."""
        for index, envelope in enumerate(batch.envelopes):
            if not may_start():
                report(index, NotAttempted())
                continue
            if self.before_send is not None:
                await self.before_send()
            self.sent[envelope.recipient] += 1
            self.refs.append(envelope.client_ref)
            self.said.append(envelope.content)
            report(index, self.answer(envelope.recipient))

    async def look_up(self, batch: InquiryBatch) -> Sequence[Finding]:
        """By client_ref."""
        self.asked += [one.client_ref for one in batch.inquiries]
        return [self.finding(one.client_ref) for one in batch.inquiries]

    async def poll(self, poll: Poll) -> Polled:
        """The next page that was laid ready."""
        self.polls.append(poll)
        return self.pages.pop(0) if self.pages else Polled((), poll.cursor)

    async def close(self) -> None:
        """Nothing to close."""


class PlayedPlugin:
    """One channel with two providers, `played` and `second`."""

    status_band = range(-59, -49)

    def __init__(
        self,
        type: SubscriptionType = SubscriptionType.SMS,
        *,
        bills_on_delivery: bool = False,
        receipts: bool = True,
    ) -> None:
        self.key = type.channel.wire
        self.channel: Channel = type.channel
        self.types = (type,)
        self.sender = PlayedSender()
        self.reader = PlayedReader()
        able = Capabilities(
            claim_before_send=True,
            callbacks=True,
            polls=True,
            looks_up=True,
            receipts=receipts,
            bills_on_delivery=bills_on_delivery,
        )
        self.providers = {
            name: Vendor(
                name=name,
                types=self.types,
                settings=SETTINGS,
                capabilities=able,
                reader=lambda settings: self.reader,
            )
            for name in (f"played_{self.key}", f"second_{self.key}")
        }

    def check_content(self, content: Body, *, field: str) -> None:
        """Anything goes."""

    def check_after_render(self, type: SubscriptionType, content: Body) -> None:
        """Anything goes."""

    def check_address(self, type: SubscriptionType, address: str, *, field: str) -> str:
        """As it is."""
        return address

    def open(self, settings: ChannelSettings, pacing: Pacing) -> ChannelSender:
        """The one sender."""
        return self.sender
