"""What callers ask of campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import attrs

from domain.campaigns.lifecycle import CampaignStatus
from domain.campaigns.plan import CampaignType
from domain.shared.json_values import Json
from domain.shared.page import DEFAULT_LIMIT


@attrs.frozen(kw_only=True)
class CreateCampaignCommand:
    application_id: UUID
    actor: str
    """The id of the key that asks, or `operator`."""
    plan: Mapping[str, Json]
    """Members of a plan by name (domain/campaigns/plan_json.py)."""


@attrs.frozen(kw_only=True)
class UpdateCampaignCommand:
    application_id: UUID
    campaign_id: UUID
    changes: Mapping[str, Json]
    """Members that are given replace those there are; null takes one away."""


@attrs.frozen(kw_only=True)
class CampaignCommand:
    """One campaign, and who asks: what most actions need."""

    application_id: UUID
    campaign_id: UUID
    actor: str = ""


@attrs.frozen(kw_only=True)
class LaunchCampaignCommand(CampaignCommand):
    fingerprint: str | None = None
    """Of a dry run: launch to exactly that audience with that content, or not at all."""
    started_at: datetime | None = None
    """The instant that rules of time reckon with; None: now. The scheduler names the time it was scheduled for."""


@attrs.frozen(kw_only=True)
class StopCampaignCommand(CampaignCommand):
    """Pause or cancel."""

    reason: str | None = None


@attrs.frozen(kw_only=True)
class DuplicateCampaignCommand(CampaignCommand):
    name: str | None = None


@attrs.frozen(kw_only=True)
class DryRunCommand(CampaignCommand):
    samples: int = 3
    """Rendered examples per channel."""


@attrs.frozen(kw_only=True)
class TriggerCampaignCommand(CampaignCommand):
    key: str | None
    """Names this trigger: the same key twice is one run; None: every call is another."""
    variables: Mapping[str, Json] = attrs.field(factory=dict)
    """Laid over the campaign's own."""
    external_ids: tuple[str, ...] = ()
    """Only these users of the campaign's audience; empty: all of it."""


@attrs.frozen(kw_only=True)
class ListCampaignsCommand:
    application_id: UUID
    status: CampaignStatus | None = None
    campaign_type: CampaignType | None = None
    run_of: UUID | None = None
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@attrs.frozen(kw_only=True)
class ListHistoryCommand:
    application_id: UUID
    campaign_id: UUID
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@attrs.frozen(kw_only=True)
class ExplainRecipientCommand:
    application_id: UUID
    campaign_id: UUID
    recipient: str
    """A subscription's id, or a user's external id."""
