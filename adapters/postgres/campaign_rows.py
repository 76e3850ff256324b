"""Campaigns as rows: the plan spread over the specification's columns and `settings`, and put together again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from domain.campaigns.campaign import Campaign, Counts, Happening
from domain.campaigns.lifecycle import CampaignEvent, CampaignStatus
from domain.campaigns.plan_json import plan_from_json, plan_to_json
from domain.shared.json_values import Json

OWN_COLUMNS: Final = (
    "name",
    "campaign_type",
    "targeting_criteria",
    "template_id",
    "title",
    "body",
    "data",
)
"""Members of a plan that the specification gives a column; the others stand in `settings`."""


def campaign_row(campaign: Campaign) -> dict[str, Any]:
    """Every column but the counts, which only the scheduler writes."""
    plan = plan_to_json(campaign.plan)
    row: dict[str, Any] = {name: plan.pop(name) for name in OWN_COLUMNS}
    row["template_id"] = campaign.plan.template_id
    pacing = campaign.plan.timing.pacing
    return {
        **row,
        "settings": {name: value for name, value in plan.items() if value is not None},
        "pace": None if pacing is None else pacing.per_second,
        "id": campaign.id,
        "application_id": campaign.application_id,
        "status": int(campaign.status),
        "scheduled_at": campaign.scheduled_at,
        "judged_until": campaign.judged_until,
        "launched_at": campaign.launched_at,
        "sent_at": campaign.sent_at,
        "ended_at": campaign.ended_at,
        "created_at": campaign.created_at,
        "updated_at": campaign.updated_at,
        "created_by": campaign.created_by,
        "pause_reason": campaign.pause_reason,
        "failure_reason": campaign.failure_reason,
        "run_of": campaign.run_of,
        "run_number": campaign.run_number,
        "run_key": campaign.run_key,
        "runs_made": campaign.runs_made,
        "fingerprint": campaign.fingerprint,
        "pinned_version": campaign.template_version,
        # One that was never launched has no message to wait for.
        "settled": campaign.ended_at is not None
        and (campaign.launched_at is None or campaign.status is CampaignStatus.SENT),
    }


def counts_row(counts: Counts) -> dict[str, int]:
    return {
        "total_recipients": counts.total_recipients,
        "successful_count": counts.successful_count,
        "failed_count": counts.failed_count,
        "canceled_count": counts.canceled_count,
        "excluded_count": counts.excluded_count,
    }


def campaign_from(row: Mapping[Any, Any]) -> Campaign:
    """What the two functions above made; nothing is stored that was not checked before."""
    values: dict[str, Json] = {**row["settings"], **{name: row[name] for name in OWN_COLUMNS}}
    if row["template_id"] is not None:
        values["template_id"] = str(row["template_id"])
    return Campaign(
        id=row["id"],
        application_id=row["application_id"],
        plan=plan_from_json(values, now=None),
        created_by=row["created_by"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        status=CampaignStatus(row["status"]),
        scheduled_at=row["scheduled_at"],
        judged_until=row["judged_until"],
        launched_at=row["launched_at"],
        sent_at=row["sent_at"],
        ended_at=row["ended_at"],
        pause_reason=row["pause_reason"],
        failure_reason=row["failure_reason"],
        run_of=row["run_of"],
        run_number=row["run_number"],
        run_key=row["run_key"],
        runs_made=row["runs_made"],
        fingerprint=row["fingerprint"],
        template_version=row["pinned_version"],
        counts=Counts(
            total_recipients=row["total_recipients"],
            successful_count=row["successful_count"],
            failed_count=row["failed_count"],
            canceled_count=row["canceled_count"],
            excluded_count=row["excluded_count"],
        ),
    )


def happening_from(row: Mapping[Any, Any]) -> Happening:
    return Happening(
        event=CampaignEvent(row["event_type"]),
        before=CampaignStatus(row["from_status"]),
        after=CampaignStatus(row["to_status"]),
        occurred_at=row["occurred_at"],
        actor=row["actor"],
        reason=row["reason"],
    )
