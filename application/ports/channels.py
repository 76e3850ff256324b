"""A channel, as the pipeline sees it: it gets batches of envelopes and answers each with an outcome.

The pipeline owns leases, retries, settling and the ledger; a channel owns one or more provider protocols. A channel
never raises for what a provider did: every envelope is reported exactly once, with a value of
`domain.messaging.outcome`, before `send` returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

import attrs

from application.ports.template_mirror import TemplateMirror
from domain.messaging.content import Body
from domain.messaging.links import LinkKeys
from domain.messaging.outcome import Details, Finding, Outcome
from domain.messaging.report import ProviderReport
from domain.shared.channels import SubscriptionType


@attrs.frozen(slots=True)
class Credential:
    """What a provider wants to see, for one application. `fields` are secret: they are kept out of repr and logs."""

    application_id: UUID
    provider: str
    version: int
    fields: Mapping[str, str] = attrs.field(repr=False)


@attrs.frozen(slots=True)
class CredentialCheck:
    """What remains of entered credentials after the check: the fields to store and a summary that may be shown."""

    fields: Mapping[str, str] = attrs.field(repr=False)
    summary: Mapping[str, str] = attrs.field(factory=dict)
    """Nothing secret: key id, team id, project id, fingerprint, bundle id."""


@attrs.define(slots=True)
class Envelope:
    """One recipient's send. Mutable only to be cheap (0.42 µs instead of 1.07): nobody changes one."""

    message_id: UUID
    subscription_id: UUID
    token: str = attrs.field(repr=False)
    content: Body
    attempt: int
    """1 for the first send."""
    test_type: int = 0
    environment: int | None = None
    """APNs environment learnt earlier: 0 production, 1 sandbox."""
    expires_at: datetime | None = None
    app_version: str | None = None
    client_ref: str = ""
    """Names this attempt; goes into the request where the provider carries it (`domain.messaging.client_ref`). Empty where
    the provider's capabilities say that nothing is ever asked or told about a send."""

    @property
    def recipient(self) -> str:
        """The address of a channel that has addresses; the same as `token`."""
        return self.token


@attrs.frozen(slots=True)
class SendBatch:
    """Envelopes of one application and one subscription type, at most one chunk."""

    application_id: UUID
    type: SubscriptionType
    credential: Credential
    envelopes: Sequence[Envelope]
    deadline: datetime | None = None
    """No send may start after this."""


Report = Callable[[int, Outcome], None]
"""Called once per envelope with its index in the batch; cheap, never blocks, never raises."""

MayStart = Callable[[], bool]
"""Asked right before each send starts; False means: report NotAttempted for this and every later envelope."""


@attrs.frozen(slots=True)
class Inquiry:
    """One send whose outcome is not known."""

    message_id: UUID
    client_ref: str
    recipient: str = attrs.field(repr=False)
    """Empty when the subscription is gone."""
    claimed_at: datetime
    """Just before the attempt: where a search by time starts."""


@attrs.frozen(slots=True)
class InquiryBatch:
    """Inquiries of one application and one subscription type, to the provider that was asked to send them."""

    application_id: UUID
    type: SubscriptionType
    credential: Credential
    inquiries: Sequence[Inquiry]


@attrs.frozen(slots=True)
class Poll:
    """Ask one provider account for what became of what it took."""

    credential: Credential
    cursor: str | None
    """What the last answer gave; None at first."""
    now: datetime


@attrs.frozen(slots=True)
class Polled:
    """One page of reports."""

    reports: Sequence[ProviderReport]
    cursor: str | None
    """Where to go on; stored only after the reports are."""
    more: bool = False
    """There is another page now."""


class ChannelSender(Protocol):
    """Opened once per process; holds connections; safe for concurrent calls."""

    async def send(self, batch: SendBatch, report: Report, may_start: MayStart) -> None:
        """Report every envelope exactly once before returning; raise only CancelledError."""
        ...

    async def look_up(self, batch: InquiryBatch) -> Sequence[Finding]:
        """What became of these sends, in their order: Accepted (it was sent), Rejected (taken and refused), Absent
        (the provider has no such send) or Unknown (it cannot tell, or cannot be asked now). Never raises."""
        ...

    async def poll(self, poll: Poll) -> Polled:
        """One page of delivery reports. Raise Unavailable when the provider cannot be asked now."""
        ...

    async def close(self) -> None: ...


@attrs.frozen(slots=True)
class Tried:
    """What a provider made of a credential that was tried, without anybody being sent anything."""

    outcome: Outcome
    """Accepted: it is sound. CredentialFault: what is wrong, in the provider's word. Anything else: it could not be asked."""
    notes: Details = attrs.field(factory=dict)
    """What the account says of itself: balance, rates, whether it is still in a sandbox."""


@runtime_checkable
class TriesCredentials(Protocol):
    """A ChannelSender that can try credentials."""

    async def try_credential(self, type: SubscriptionType, credential: Credential) -> Tried | None:
        """None where the provider offers no way to. Raises only CancelledError."""
        ...


class Pacing(Protocol):
    """Rates that hold across workers, one bucket per provider project."""

    async def reserve(self, bucket: str, n: int, rate: float) -> tuple[float, float]:
        """Reserve n sends at `rate` per second; answer (seconds until the first may start, seconds between sends).

        Late workers shift and never catch up; retries reserve too.
        """
        ...

    async def slow_down(self, bucket: str, seconds: float) -> None:
        """Let no reserved send of this bucket start within the next `seconds` (a provider said 429 for a project)."""
        ...


@attrs.frozen(slots=True)
class ChannelSettings:
    """Where the providers are and how hard to drive them; the defaults are the real providers."""

    apns_production_url: str = "https://api.push.apple.com"
    apns_sandbox_url: str = "https://api.sandbox.push.apple.com"
    fcm_url: str = "https://fcm.googleapis.com"
    google_token_url: str | None = None
    """None: the service account's own `token_uri`."""
    extra_ca_pem: bytes | None = None
    """Trusted besides the system's authorities (development against the simulator)."""
    connections: int = 4
    """HTTP/2 connections per provider host: one client stays on one connection."""
    max_in_flight: int = 400
    """Concurrent sends per provider host and process."""
    request_timeout: float = 15.0
    """Seconds for one request, connect included."""
    provider_urls: Mapping[str, str] = attrs.field(factory=dict)
    """Hosts of other providers by name, where they are not the real ones: {"solapi": "https://127.0.0.1:9443"}."""
    public_url: str = ""
    """Where providers and recipients reach this platform, without a trailing slash; empty: nowhere."""
    links: LinkKeys | None = None
    """Signs the links in messages and the addresses that bounces come back to; None: there are none."""
    kakao_templates: TemplateMirror | None = None
    """Approved AlimTalk templates as last seen; None: each process asks the provider for itself."""
    fcm_rate: float = 9_500.0
    """Sends a second and project: Google's cap is 600,000 a minute."""

    def url(self, provider: str, usual: str) -> str:
        """Where this provider is, without a trailing slash; `usual` is the real one."""
        return self.provider_urls.get(provider, usual).rstrip("/")
