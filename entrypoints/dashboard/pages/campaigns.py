"""Campaigns: the list, one campaign with its live progress, and why somebody did or did not get it."""

from __future__ import annotations

from typing import Any, Final

from application.campaigns.commands import (
    CampaignCommand,
    ExplainRecipientCommand,
    ListCampaignsCommand,
    ListHistoryCommand,
    StopCampaignCommand,
)
from application.campaigns.progress import Progress
from domain.campaigns.campaign import Campaign
from domain.campaigns.lifecycle import CampaignStatus
from domain.operators.roles import Right
from domain.shared.errors import InvalidInput, NotFound
from domain.shared.json_values import Json
from entrypoints.dashboard.pages.called import template_name
from entrypoints.dashboard.use_cases import DashboardUseCases
from entrypoints.dashboard.visit import Action, Changed, Page, Shown, Visit
from entrypoints.dashboard.watching import Ids
from entrypoints.dashboard.wording import Wording

START: Final = "/dashboard/apps/{application_id}/campaigns"
CAMPAIGN: Final = START + "/{campaign_id}"
LIVE: Final = CAMPAIGN + "/live"


async def list_campaigns(visit: Visit) -> Shown:
    asked = visit.query("status")
    status = None
    if asked is not None:
        try:
            status = CampaignStatus.from_wire(asked)
        except ValueError:
            raise InvalidInput("status is not known", field="status", fix="choose one of the list") from None
    page = await visit.use_cases.list_campaigns(
        ListCampaignsCommand(
            application_id=visit.app.id, status=status, cursor=visit.query("cursor"), limit=50
        )
    )
    return Shown(
        "campaigns.html", {"page": page, "asked": asked, "statuses": [one.wire for one in CampaignStatus]}
    )


async def show_campaign(visit: Visit) -> Shown:
    command = command_of(visit)
    progress = await visit.use_cases.read_campaign_progress(command)
    history = await visit.use_cases.list_campaign_history(
        ListHistoryCommand(application_id=visit.app.id, campaign_id=command.campaign_id, limit=100)
    )
    template = progress.campaign.plan.template_id
    return Shown(
        "campaign.html",
        {
            "campaign": progress.campaign,
            "template_name": template and await template_name(visit, template),
            "progress": progress,
            "live": live_progress(progress, visit.words),
            "history": history.items,
            "dry_run": None,
        },
    )


async def explain(visit: Visit) -> Shown:
    campaign = await visit.use_cases.read_campaign(command_of(visit))
    recipient = (visit.query("recipient") or "").strip()
    found = None
    missing = False
    if recipient and "\x00" not in recipient and len(recipient) <= 256:
        try:
            found = await visit.use_cases.explain_recipient(
                ExplainRecipientCommand(
                    application_id=visit.app.id, campaign_id=campaign.id, recipient=recipient
                )
            )
        except NotFound:
            missing = True
    values = {"campaign": campaign, "recipient": recipient, "found": found, "missing": missing}
    return Shown("explain.html", values)


async def pause(visit: Visit) -> Changed:
    before = await visit.use_cases.read_campaign(command_of(visit))
    after = await visit.use_cases.pause_campaign(_stop(visit))
    return changed(visit, before, after, "paused")


async def resume(visit: Visit) -> Changed:
    before = await visit.use_cases.read_campaign(command_of(visit))
    after = await visit.use_cases.resume_campaign(command_of(visit))
    return changed(visit, before, after, "resumed")


async def cancel(visit: Visit) -> Changed:
    before = await visit.use_cases.read_campaign(command_of(visit))
    after = await visit.use_cases.cancel_campaign(_stop(visit))
    return changed(visit, before, after, "canceled")


def command_of(visit: Visit) -> CampaignCommand:
    return CampaignCommand(
        application_id=visit.app.id, campaign_id=visit.path_id("campaign_id"), actor=visit.operator.email
    )


def _stop(visit: Visit) -> StopCampaignCommand:
    return StopCampaignCommand(
        application_id=visit.app.id,
        campaign_id=visit.path_id("campaign_id"),
        actor=visit.operator.email,
        reason=visit.form.get("reason").strip()[:200] or None,
    )


def changed(visit: Visit, before: Campaign, after: Campaign, note: str) -> Changed:
    """Back to the campaign, with its states for the audit log."""
    return Changed(
        location=f"{visit.app_url}/campaigns/{after.id}",
        note=note,
        subject=after.plan.name,
        before=facts(before),
        after=facts(after),
    )


def facts(campaign: Campaign) -> dict[str, Json]:
    return {"id": str(campaign.id), "status": campaign.status.wire, "pause_reason": campaign.pause_reason}


def live_progress(progress: Progress, words: Wording) -> dict[str, Any]:
    """What the page shows of a campaign that is under way; numbers as the page writes them, and plain for the bars."""
    counts, campaign, queue = progress.reading.messages, progress.campaign, progress.reading.queue
    total = campaign.counts.total_recipients
    sent = counts.successful + counts.received + counts.converted
    over = sent + counts.failed + counts.canceled
    eta = progress.eta_seconds
    return {
        "status": campaign.status.wire,
        "total": total,
        "over": over,
        "texts": {
            "total": words.number(total),
            "sent": words.number(sent),
            "received": words.number(counts.received + counts.converted),
            "converted": words.number(counts.converted),
            "failed": words.number(counts.failed),
            "canceled": words.number(counts.canceled),
            "waiting": words.number(progress.reading.waiting + counts.pending + counts.errored),
            "excluded": words.number(campaign.counts.excluded_count),
            "in_delivery": words.number(queue.released + queue.in_delivery),
            "retrying": words.number(queue.retrying),
            "rate": words.number(round(progress.reading.rate, 1)),
            "eta": "–" if eta is None else f"{eta // 3600}:{eta % 3600 // 60:02}:{eta % 60:02}",
            "share": words.share(over, total),
        },
    }


def _named(ids: Ids) -> CampaignCommand:
    return CampaignCommand(application_id=ids["application_id"], campaign_id=ids["campaign_id"])


async def check_live(use_cases: DashboardUseCases, ids: Ids) -> None:
    """Raise NotFound without such a campaign."""
    await use_cases.read_campaign(_named(ids))


async def read_live(use_cases: DashboardUseCases, ids: Ids, words: Wording) -> dict[str, Any]:
    """Of a campaign's progress."""
    return live_progress(await use_cases.read_campaign_progress(_named(ids)), words)


PAGES: Final = (
    Page(path=START, section="campaigns", show=list_campaigns),
    Page(path=CAMPAIGN, section="campaigns", show=show_campaign),
    Page(path=CAMPAIGN + "/explain", section="campaigns", show=explain),
)
ACTIONS: Final = tuple(
    Action(
        path=f"{CAMPAIGN}/{name}",
        section="campaigns",
        name=f"campaign.{name}",
        right=Right.STOP_CAMPAIGNS,
        perform=perform,
        again=show_campaign,
    )
    for name, perform in (("pause", pause), ("resume", resume), ("cancel", cancel))
)
