"""The audience of a campaign, worked out in one snapshot: for a dry run, which only tells, or for a launch, which keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

import attrs

from application.ports.quota import Usage
from domain.audience.segment.predicate import Predicate
from domain.audience.segment.targeting import Targeting
from domain.campaigns.campaign import Campaign
from domain.campaigns.dedupe import Dedupe
from domain.campaigns.frequency_cap import FrequencyCap
from domain.messaging.content import Body
from domain.quota.terms import QuotaTerms
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.json_values import Json


@attrs.frozen(slots=True, kw_only=True)
class AudienceQuery:
    """Whom to look at, and what their decisions depend on. What is not asked for is not read."""

    targeting: Targeting
    segments: Mapping[UUID, Predicate]
    types: Sequence[SubscriptionType]
    """Routes of the channels that the campaign has content for."""
    zones: bool = False
    """Somebody's own time zone matters."""
    consent: bool = False
    """Consent to advertising and the country matter."""
    languages: bool = False


@attrs.frozen(slots=True, kw_only=True)
class Group:
    """People for whom all rules of time decide alike, on one route."""

    key: str
    type: SubscriptionType
    tag_zone: str | None
    property_zone: str | None
    """Both as they are stored, cut after 64 characters."""
    country: str | None
    ad_consent: bool
    night_consent: bool
    n: int


@attrs.frozen(slots=True)
class Speakers:
    """Who has this device language, on one channel."""

    channel: Channel
    language: str | None
    n: int


@attrs.frozen(slots=True)
class Gathered:
    groups: Sequence[Group]
    speakers: Sequence[Speakers]


@attrs.frozen(slots=True, kw_only=True)
class Wave:
    """People who are due at one instant, in one zone, on one route."""

    number: int
    type: SubscriptionType
    zone: str | None
    night_held: bool
    due_at: datetime
    expires_at: datetime | None
    open_from: datetime | None
    open_until: datetime | None
    holds: tuple[str, ...] = ()


@attrs.frozen(slots=True, kw_only=True)
class Verdict:
    """What becomes of a group: a wave, or the reason why it gets nothing."""

    group: Group
    wave: int | None
    reason: str | None
    zone_note: str | None = None


@attrs.frozen(slots=True, kw_only=True)
class Variant:
    """What somebody is told: one channel in one language."""

    number: int
    channel: Channel
    language: str | None
    body: Body
    template: Mapping[str, Json] | None
    names: frozenset[str]


@attrs.frozen(slots=True)
class SpokenVariant:
    """Which variant the speakers of a language get on a channel; None: there is nothing for them."""

    speakers: Speakers
    variant: int | None


@attrs.frozen(slots=True, kw_only=True)
class Assignment:
    """Everything that decides who gets what and when."""

    waves: Sequence[Wave]
    verdicts: Sequence[Verdict]
    spoken: Sequence[SpokenVariant]
    dedupe: Dedupe
    channels: Sequence[Channel]
    """In the order in which they are preferred where one subscription a user is enough."""
    caps: Sequence[FrequencyCap]


@attrs.frozen(slots=True)
class WaveCount:
    wave: int
    n: int


@attrs.frozen(slots=True)
class ExclusionCount:
    channel: Channel
    reason: str
    n: int


@attrs.frozen(slots=True, kw_only=True)
class Assigned:
    """Who gets it, counted; who matches and does not, counted by reason."""

    recipients: int
    waves: Sequence[WaveCount]
    exclusions: Sequence[ExclusionCount]
    digest: str
    """Of the exact set of recipients and their variants."""
    zone_notes: Mapping[str, int]
    """Zones that could not be read, and how many people have each; the most frequent ones."""


@attrs.frozen(slots=True, kw_only=True)
class Sample:
    """One recipient as an example, with what placeholders may read."""

    subscription_id: UUID
    user_id: UUID | None
    channel: Channel
    variant: int
    due_at: datetime
    tags: Mapping[str, Json]
    properties: Mapping[str, Json]
    device: Mapping[str, Json]


@attrs.frozen(slots=True)
class Difference:
    """What changed since a dry run."""

    added: int
    removed: int
    content: bool


class AudienceWork(Protocol):
    """One transaction that sees one snapshot of everything. The order of calls is the order here."""

    @property
    def campaign(self) -> Campaign:
        """Locked for a launch."""
        ...

    async def gather(self, query: AudienceQuery, now: datetime) -> Gathered: ...

    async def assign(self, assignment: Assignment) -> Assigned: ...

    async def samples(self, per_channel: int) -> Sequence[Sample]: ...

    async def terms(self) -> QuotaTerms: ...

    async def usage(self, day: date, month: date) -> Usage: ...

    async def difference(self, fingerprint: str, content_digest: str) -> Difference | None:
        """Against the audience of the dry run with this fingerprint; None when it is not known (any more)."""
        ...

    async def remember(self, fingerprint: str, content_digest: str, recipients: int, now: datetime) -> None:
        """Keep the audience of this dry run; the campaign's two newest are kept."""
        ...

    async def materialise(self, waves: Sequence[Wave], variants: Sequence[Variant]) -> None:
        """Write waves, contents and everybody who was assigned or excluded, and the campaign as it is now."""
        ...


class CampaignAudience(Protocol):
    def work(
        self, application_id: UUID, campaign_id: UUID, *, launch: bool
    ) -> AbstractAsyncContextManager[AudienceWork]:
        """Begin; commit on leaving without an exception, else roll back.

        Raise NotFound, Unavailable; Raced when the campaign was changed between the snapshot and its lock: try again.
        """
        ...
