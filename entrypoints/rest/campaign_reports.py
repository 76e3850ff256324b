"""Reports about campaigns on the wire: dry runs, progress, and why somebody did or did not get one."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from application.campaigns.dry_run import DryRun, Rendering
from application.campaigns.explain import ExplainedSubscription, RecipientExplanation
from application.campaigns.progress import Progress
from application.ports.campaign_progress import ChunkHealth, WaveProgress
from entrypoints.http.decoding import Out
from entrypoints.http.wire import Amount, ChannelName, Currency, Json, Timestamp, TypeName, amount
from entrypoints.rest.campaign_wire import CampaignStatusName
from entrypoints.rest.segment_wire import ExplanationOut, explanation_out


class ChannelShareOut(Out):
    """One channel's part."""

    recipients: int
    cost: Amount


class ExclusionOut(Out):
    """How many who match get nothing, and why."""

    channel: ChannelName
    reason: str
    recipients: int


class RenderingOut(Out):
    """What one recipient would read."""

    subscription_id: UUID
    channel: ChannelName
    due_at: Timestamp
    content: Json | None
    error: str | None


class DryRunOut(Out):
    """What a launch at this moment would do."""

    fingerprint: str
    recipients: int
    channels: dict[ChannelName, ChannelShareOut]
    exclusions: list[ExclusionOut]
    cost: Amount
    currency: Currency
    first_due_at: Timestamp | None
    last_due_at: Timestamp | None
    waves: int
    limited_by: Literal["daily", "monthly", "credit"] | None
    missing: Annotated[int, Meta(description="Messages that quota or credit do not cover")]
    zone_notes: Annotated[
        dict[str, int], Meta(description="Time zones that could not be read; sent to all the same")
    ]
    samples: list[RenderingOut]


class MessageCountsOut(Out):
    """Messages by state; each stands under one state only."""

    made: int
    pending: int
    errored: int
    successful: int
    received: int
    converted: int
    failed: int
    canceled: int
    counted_at: Timestamp | None


class QueueOut(Out):
    """Messages in the queue at this moment, by what they wait for."""

    held: int
    released: int
    in_delivery: int
    retrying: int


class WaveOut(Out):
    """Recipients who are due at one instant, in one zone, on one route."""

    number: int
    type: TypeName
    zone: str | None
    due_at: Timestamp
    open_from: Timestamp | None
    open_until: Timestamp | None
    recipients: int
    fanned_out: int
    closed_reason: str | None


class ChunkOut(Out):
    """One chunk in the queue; recoveries count how often a worker died with it."""

    id: UUID
    type: TypeName
    state: Literal["held", "released", "leased"]
    messages: int
    recoveries: int
    created_at: Timestamp
    not_before: Timestamp | None


class ProgressOut(Out):
    """How far a campaign is. Waves and chunks: the first hundred; everything else is of all."""

    campaign_id: UUID
    status: CampaignStatusName
    pause_reason: str | None
    at: Timestamp
    total_recipients: int
    waiting: Annotated[int, Meta(description="Recipients that are not messages yet")]
    messages: MessageCountsOut
    queue: QueueOut
    excluded: int
    rate: Annotated[float, Meta(description="Messages that became final a second, lately")]
    eta_seconds: int | None
    next_due_at: Timestamp | None
    waves: list[WaveOut]
    chunks: list[ChunkOut]


class ExplainedStepOut(Out):
    """One thing that decides; `passed` null: not decided, or nothing against sending."""

    step: str
    passed: bool | None
    detail: str
    facts: Json


class ExplainedSubscriptionOut(Out):
    """One subscription of the person."""

    subscription_id: UUID
    type: TypeName | None
    verdict: str
    message_id: UUID | None
    steps: list[ExplainedStepOut]
    targeting: ExplanationOut | None


class RecipientOut(Out):
    """Why somebody did or did not get a campaign."""

    campaign_id: UUID
    status: CampaignStatusName
    subscriptions: list[ExplainedSubscriptionOut]


def dry_run_out(found: DryRun) -> DryRunOut:
    shares = {
        one.channel.wire: ChannelShareOut(recipients=one.recipients, cost=amount(one.cost.amount))
        for one in found.channels
    }
    return DryRunOut(
        fingerprint=found.fingerprint,
        recipients=found.recipients,
        channels=shares,
        exclusions=[
            ExclusionOut(channel=one.channel.wire, reason=one.reason, recipients=one.n)
            for one in found.exclusions
        ],
        cost=amount(found.cost.amount),
        currency=found.cost.currency,
        first_due_at=found.first_due_at,
        last_due_at=found.last_due_at,
        waves=found.waves,
        limited_by=found.limited_by,  # type: ignore[arg-type]
        missing=found.missing,
        zone_notes=dict(found.zone_notes),
        samples=[_rendering_out(one) for one in found.samples],
    )


def _rendering_out(one: Rendering) -> RenderingOut:
    return RenderingOut(
        subscription_id=one.subscription_id,
        channel=one.channel.wire,
        due_at=one.due_at,
        content=None if one.body is None else dict(one.body),
        error=one.error,
    )


def progress_out(found: Progress) -> ProgressOut:
    campaign, reading = found.campaign, found.reading
    counts, queue = reading.messages, reading.queue
    return ProgressOut(
        campaign_id=campaign.id,
        status=campaign.status.wire,  # type: ignore[arg-type]
        pause_reason=campaign.pause_reason,
        at=found.at,
        total_recipients=campaign.counts.total_recipients,
        waiting=reading.waiting,
        messages=MessageCountsOut(
            made=counts.made,
            pending=counts.pending,
            errored=counts.errored,
            successful=counts.successful,
            received=counts.received,
            converted=counts.converted,
            failed=counts.failed,
            canceled=counts.canceled,
            counted_at=counts.counted_at,
        ),
        queue=QueueOut(
            held=queue.held,
            released=queue.released,
            in_delivery=queue.in_delivery,
            retrying=queue.retrying,
        ),
        excluded=campaign.counts.excluded_count,
        rate=round(reading.rate, 1),
        eta_seconds=found.eta_seconds,
        next_due_at=reading.next_due_at,
        waves=[_wave_out(one) for one in reading.waves],
        chunks=[_chunk_out(one) for one in reading.chunks],
    )


def _wave_out(one: WaveProgress) -> WaveOut:
    return WaveOut(
        number=one.number,
        type=one.type.wire,
        zone=one.zone,
        due_at=one.due_at,
        open_from=one.open_from,
        open_until=one.open_until,
        recipients=one.recipients,
        fanned_out=one.fanned_out,
        closed_reason=one.closed_reason,
    )


def _chunk_out(one: ChunkHealth) -> ChunkOut:
    return ChunkOut(
        id=one.id,
        type=one.type.wire,
        state=one.state,  # type: ignore[arg-type]
        messages=one.messages,
        recoveries=one.recoveries,
        created_at=one.created_at,
        not_before=one.not_before,
    )


def recipient_out(found: RecipientExplanation) -> RecipientOut:
    return RecipientOut(
        campaign_id=found.campaign.id,
        status=found.campaign.status.wire,  # type: ignore[arg-type]
        subscriptions=[_explained_out(one) for one in found.subscriptions],
    )


def _explained_out(one: ExplainedSubscription) -> ExplainedSubscriptionOut:
    return ExplainedSubscriptionOut(
        subscription_id=one.subscription_id,
        type=None if one.type is None else one.type.wire,
        verdict=one.verdict,
        message_id=one.message_id,
        steps=[
            ExplainedStepOut(step=step.step, passed=step.passed, detail=step.detail, facts=dict(step.facts))
            for step in one.steps
        ],
        targeting=None if one.targeting is None else explanation_out(one.targeting),
    )
