"""Campaigns on the wire: what callers send, and what they are told."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.ports.campaigns import HistoryLine
from domain.campaigns.campaign import Campaign
from domain.campaigns.plan_json import plan_to_json
from domain.shared.json_values import Json as JsonValue
from entrypoints.http.decoding import In, Out, utc
from entrypoints.http.wire import ExternalId, Json, PageQuery, Timestamp
from entrypoints.rest.segment_wire import TargetingJson

CampaignTypeName = Literal["immediate", "scheduled", "recurring", "triggered"]
CampaignStatusName = Literal["draft", "scheduled", "sending", "paused", "sent", "canceled", "failed"]
CampaignEventName = Literal["schedule", "unschedule", "launch", "pause", "resume", "finish", "cancel", "fail"]
DedupeName = Literal["all", "one_per_channel", "one_per_user"]
PriorityName = Literal["normal", "essential"]

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Title = Annotated[str, Meta(max_length=1024, description="Of the push; may be Liquid")]
Text = Annotated[str, Meta(max_length=4096, description="Of the push; may be Liquid")]
Reason = Annotated[str, Meta(min_length=1, max_length=200)]
Fingerprint = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="Of a dry run")]
Content = Annotated[Json, Meta(description="What it says per channel, as in messages; strings may be Liquid")]
Variables = Annotated[Json, Meta(description="The same for everybody; stronger than tags and properties")]
Schedule = Annotated[
    Json,
    Meta(
        description='`{"type": "scheduled", "at": …}`, with `time_zone` a local time; or'
        ' `{"type": "recurring", "cron": …, "time_zone": …}`'
    ),
]
Downtime = Annotated[
    Json, Meta(description='`{"policy": "send_late", "max_lateness_seconds": 3600}` or `mark_missed`')
]
LocalDelivery = Annotated[Json, Meta(description='`{"time": "09:00", "fallback_time_zone": "Asia/Seoul"}`')]
QuietHours = Annotated[Json, Meta(description='`{"from": "21:00", "to": "08:00", "time_zone": "recipient"}`')]
Pacing = Annotated[Json, Meta(description='`{"per_second": 500}`, across all workers')]
Caps = Annotated[
    list[Json], Meta(max_length=5, description='`{"messages": 3, "window_seconds": 86400, "per": "user"}`')
]
Expiry = Annotated[
    int, Meta(ge=60, le=2_419_200, description="Seconds after it is due that a message expires")
]


class CampaignIn(In):
    """A new campaign: a draft until it is scheduled or launched."""

    name: Name
    campaign_type: CampaignTypeName | UnsetType = UNSET
    targeting_criteria: TargetingJson | UnsetType = UNSET
    template_id: UUID | UnsetType | None = UNSET
    template_version: Annotated[int, Meta(ge=1)] | UnsetType | None = UNSET
    title: Title | UnsetType | None = UNSET
    body: Text | UnsetType | None = UNSET
    data: Json | UnsetType | None = UNSET
    content: Content | UnsetType = UNSET
    strict: bool | UnsetType = UNSET
    variables: Variables | UnsetType = UNSET
    scheduled_at: (
        Annotated[Timestamp, Meta(description="Short for a schedule at this instant")] | UnsetType
    ) = UNSET
    schedule: Schedule | UnsetType | None = UNSET
    downtime: Downtime | UnsetType | None = UNSET
    local_delivery: LocalDelivery | UnsetType | None = UNSET
    quiet_hours: QuietHours | UnsetType | None = UNSET
    expires_after_seconds: Expiry | UnsetType | None = UNSET
    pacing: Pacing | UnsetType | None = UNSET
    frequency_caps: Caps | UnsetType | None = UNSET
    priority: PriorityName | UnsetType = UNSET
    dedupe: DedupeName | UnsetType = UNSET
    advertising: bool | UnsetType = UNSET
    allow_running_dry: bool | UnsetType = UNSET
    topic: (
        Annotated[
            str,
            Meta(
                max_length=32,
                description="A key of the application's topics: who switched it off is left out",
            ),
        ]
        | UnsetType
        | None
    ) = UNSET


class CampaignChange(CampaignIn):
    """What is given replaces what is there; null takes it away. Only drafts can be changed."""

    name: Name | UnsetType = UNSET  # type: ignore[assignment]


class CampaignOut(Out):
    """A campaign, or a run of one."""

    id: UUID
    application_id: UUID
    template_id: UUID | None
    template_version: Annotated[int | None, Meta(description="After the launch: the version that is sent")]
    name: str
    title: str | None
    body: str | None
    data: Json | None
    content: Json
    strict: bool
    variables: Json
    campaign_type: CampaignTypeName
    status: CampaignStatusName
    scheduled_at: Annotated[Timestamp | None, Meta(description="When it, or its next run, is due")]
    created_at: Timestamp
    updated_at: Timestamp
    launched_at: Timestamp | None
    sent_at: Timestamp | None
    ended_at: Timestamp | None
    created_by: Annotated[str, Meta(description="The id of a key, or `operator`")]
    targeting_criteria: Json
    total_recipients: int
    successful_count: int
    failed_count: int
    canceled_count: int
    excluded_count: Annotated[int, Meta(description="Left out after the launch, each with a reason")]
    pause_reason: str | None
    failure_reason: str | None
    run_of: UUID | None
    run_number: int | None
    runs_made: int
    fingerprint: str | None
    schedule: Json | None
    downtime: Json | None
    local_delivery: Json | None
    quiet_hours: Json | None
    expires_after_seconds: int | None
    pacing: Json | None
    frequency_caps: list[Json] | None
    priority: PriorityName
    dedupe: DedupeName
    advertising: bool
    allow_running_dry: bool
    topic: str | None


class CampaignPage(Out):
    """Campaigns, newest first."""

    items: list[CampaignOut]
    next_cursor: str | None


class CampaignQuery(PageQuery):
    """Which campaigns."""

    status: CampaignStatusName | None = None
    campaign_type: CampaignTypeName | None = None
    run_of: UUID | None = None


class LaunchIn(In):
    """With a fingerprint: to exactly the audience and content of that dry run, or not at all."""

    fingerprint: Fingerprint | UnsetType = UNSET


class StopIn(In):
    """Why."""

    reason: Reason | UnsetType = UNSET


class DuplicateIn(In):
    """The copy's name."""

    name: Name | UnsetType = UNSET


class DryRunIn(In):
    """How much to show."""

    samples: Annotated[int, Meta(ge=0, le=10, description="Rendered examples per channel")] = 3


class TriggerIn(In):
    """What this run is about, and for whom of the campaign's audience."""

    variables: Variables | UnsetType = UNSET
    external_ids: Annotated[list[ExternalId], Meta(max_length=1000)] | UnsetType = UNSET


class StreamQuery(In):
    """How long to watch."""

    max_seconds: Annotated[int, Meta(ge=1, le=300)] = 60


class HistoryOut(Out):
    """What happened to a campaign, and who did it."""

    event: CampaignEventName
    from_status: CampaignStatusName
    to_status: CampaignStatusName
    occurred_at: Timestamp
    actor: str
    reason: str | None


class HistoryPage(Out):
    """Oldest first."""

    items: list[HistoryOut]
    next_cursor: str | None


def plan_members(body: CampaignIn) -> dict[str, JsonValue]:
    """Members of a plan, as the domain reads them; what was not given is left out."""
    members: dict[str, Any] = msgspec.to_builtins(body)
    if body.scheduled_at is not UNSET:
        at = utc(body.scheduled_at, field="scheduled_at").isoformat().replace("+00:00", "Z")
        members.pop("scheduled_at")
        members.setdefault("schedule", {"type": "scheduled", "at": at})
    return members


def campaign_out(campaign: Campaign) -> CampaignOut:
    plan: dict[str, Any] = plan_to_json(campaign.plan)
    plan["template_id"] = campaign.plan.template_id
    plan["template_version"] = campaign.template_version or campaign.plan.template_version
    counts = campaign.counts
    return CampaignOut(
        **plan,
        id=campaign.id,
        application_id=campaign.application_id,
        status=campaign.status.wire,  # type: ignore[arg-type]
        scheduled_at=campaign.scheduled_at,
        created_at=campaign.created_at,
        updated_at=campaign.updated_at,
        launched_at=campaign.launched_at,
        sent_at=campaign.sent_at,
        ended_at=campaign.ended_at,
        created_by=campaign.created_by,
        total_recipients=counts.total_recipients,
        successful_count=counts.successful_count,
        failed_count=counts.failed_count,
        canceled_count=counts.canceled_count,
        excluded_count=counts.excluded_count,
        pause_reason=campaign.pause_reason,
        failure_reason=campaign.failure_reason,
        run_of=campaign.run_of,
        run_number=campaign.run_number,
        runs_made=campaign.runs_made,
        fingerprint=campaign.fingerprint,
    )


def history_out(line: HistoryLine) -> HistoryOut:
    one = line.happening
    return HistoryOut(
        event=one.event.wire,  # type: ignore[arg-type]
        from_status=one.before.wire,  # type: ignore[arg-type]
        to_status=one.after.wire,  # type: ignore[arg-type]
        occurred_at=one.occurred_at,
        actor=one.actor,
        reason=one.reason,
    )
