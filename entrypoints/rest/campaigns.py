"""Campaigns: drafts, their way to everybody, how far they are, and why somebody did or did not get one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from application.campaigns.commands import (
    CampaignCommand,
    CreateCampaignCommand,
    DryRunCommand,
    DuplicateCampaignCommand,
    ExplainRecipientCommand,
    LaunchCampaignCommand,
    ListCampaignsCommand,
    ListHistoryCommand,
    StopCampaignCommand,
    TriggerCampaignCommand,
    UpdateCampaignCommand,
)
from application.campaigns.progress import Progress
from domain.applications.principal import Principal
from domain.campaigns.lifecycle import CampaignStatus
from domain.campaigns.plan import CampaignType
from domain.shared.errors import RateLimited, SignalError
from entrypoints.http.route import Call, Reply
from entrypoints.http.wire import PageQuery
from entrypoints.rest.campaign_reports import dry_run_out, progress_out, recipient_out
from entrypoints.rest.campaign_wire import (
    CampaignChange,
    CampaignIn,
    CampaignPage,
    CampaignQuery,
    DryRunIn,
    DuplicateIn,
    HistoryPage,
    LaunchIn,
    StopIn,
    StreamQuery,
    TriggerIn,
    campaign_out,
    history_out,
    plan_members,
)
from entrypoints.rest.use_cases import RestUseCases

STREAMS_AT_MOST: Final = 200
"""Progress streams of one process: each asks the database once a second."""
STREAM_EVERY: Final = 1.0
RECONNECT: Final = b"retry: 2000\n\n"
WATCHED: Final = frozenset({CampaignStatus.SENDING, CampaignStatus.PAUSED, CampaignStatus.CANCELED})
"""States in which something moves from one second to the next."""
_streams = 0


def _given(value: Any) -> Any:
    return None if value is UNSET else value


def _actor(call: Call) -> str:
    principal: Principal = call.caller.identity
    return "operator" if principal.is_operator else principal.key_id


def _named(call: Call) -> CampaignCommand:
    return CampaignCommand(
        application_id=call.application_id, campaign_id=call.path["campaign_id"], actor=_actor(call)
    )


def _stop(call: Call) -> StopCampaignCommand:
    body: StopIn = call.body
    return StopCampaignCommand(
        application_id=call.application_id,
        campaign_id=call.path["campaign_id"],
        actor=_actor(call),
        reason=_given(body.reason),
    )


async def create_campaign(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/campaigns"""
    body: CampaignIn = call.body
    campaign = await use_cases.create_campaign(
        CreateCampaignCommand(application_id=call.application_id, actor=_actor(call), plan=plan_members(body))
    )
    return Reply(campaign_out(campaign), status=201, headers={"Location": f"/v1/campaigns/{campaign.id}"})


async def list_campaigns(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/campaigns"""
    query: CampaignQuery = call.query
    page = await use_cases.list_campaigns(
        ListCampaignsCommand(
            application_id=call.application_id,
            status=None if query.status is None else CampaignStatus.from_wire(query.status),
            campaign_type=None if query.campaign_type is None else CampaignType(query.campaign_type),
            run_of=query.run_of,
            cursor=query.cursor,
            limit=query.limit,
        )
    )
    return Reply(CampaignPage(items=[campaign_out(one) for one in page.items], next_cursor=page.next_cursor))


async def read_campaign(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/campaigns/{campaign_id}"""
    return Reply(campaign_out(await use_cases.read_campaign(_named(call))))


async def update_campaign(use_cases: RestUseCases, call: Call) -> Reply:
    """PATCH /v1/campaigns/{campaign_id}"""
    body: CampaignChange = call.body
    campaign = await use_cases.update_campaign(
        UpdateCampaignCommand(
            application_id=call.application_id,
            campaign_id=call.path["campaign_id"],
            changes=plan_members(body),
        )
    )
    return Reply(campaign_out(campaign))


async def schedule_campaign(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/campaigns/{campaign_id}/schedule"""
    return Reply(campaign_out(await use_cases.schedule_campaign(_named(call))))


async def unschedule_campaign(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/campaigns/{campaign_id}/unschedule"""
    return Reply(campaign_out(await use_cases.unschedule_campaign(_named(call))))


async def launch_campaign(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/campaigns/{campaign_id}/launch"""
    body: LaunchIn = call.body
    campaign = await use_cases.launch_campaign(
        LaunchCampaignCommand(
            application_id=call.application_id,
            campaign_id=call.path["campaign_id"],
            actor=_actor(call),
            fingerprint=_given(body.fingerprint),
        )
    )
    return Reply(campaign_out(campaign), status=202)


async def pause_campaign(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/campaigns/{campaign_id}/pause"""
    return Reply(campaign_out(await use_cases.pause_campaign(_stop(call))))


async def resume_campaign(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/campaigns/{campaign_id}/resume"""
    return Reply(campaign_out(await use_cases.resume_campaign(_named(call))))


async def cancel_campaign(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/campaigns/{campaign_id}/cancel"""
    return Reply(campaign_out(await use_cases.cancel_campaign(_stop(call))))


async def duplicate_campaign(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/campaigns/{campaign_id}/duplicate"""
    body: DuplicateIn = call.body
    copy = await use_cases.duplicate_campaign(
        DuplicateCampaignCommand(
            application_id=call.application_id,
            campaign_id=call.path["campaign_id"],
            actor=_actor(call),
            name=_given(body.name),
        )
    )
    return Reply(campaign_out(copy), status=201, headers={"Location": f"/v1/campaigns/{copy.id}"})


async def dry_run_campaign(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/campaigns/{campaign_id}/dry-run"""
    body: DryRunIn = call.body
    found = await use_cases.dry_run_campaign(
        DryRunCommand(
            application_id=call.application_id, campaign_id=call.path["campaign_id"], samples=body.samples
        )
    )
    return Reply(dry_run_out(found))


async def trigger_campaign(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/campaigns/{campaign_id}/trigger"""
    body: TriggerIn = call.body
    found = await use_cases.trigger_campaign(
        TriggerCampaignCommand(
            application_id=call.application_id,
            campaign_id=call.path["campaign_id"],
            actor=_actor(call),
            key=call.idempotency_key,
            variables={} if isinstance(body.variables, UnsetType) else body.variables,
            external_ids=() if isinstance(body.external_ids, UnsetType) else tuple(body.external_ids),
        )
    )
    headers = {"Idempotency-Replayed": "true"} if found.replayed else {}
    return Reply(campaign_out(found.run), status=202, headers=headers)


async def list_campaign_history(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/campaigns/{campaign_id}/history"""
    query: PageQuery = call.query
    page = await use_cases.list_campaign_history(
        ListHistoryCommand(
            application_id=call.application_id,
            campaign_id=call.path["campaign_id"],
            cursor=query.cursor,
            limit=query.limit,
        )
    )
    return Reply(HistoryPage(items=[history_out(one) for one in page.items], next_cursor=page.next_cursor))


async def read_progress(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/campaigns/{campaign_id}/progress"""
    return Reply(progress_out(await use_cases.read_campaign_progress(_named(call))))


async def stream_progress(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/campaigns/{campaign_id}/progress/events"""
    query: StreamQuery = call.query
    if _streams >= STREAMS_AT_MOST:
        raise RateLimited("too many progress streams are open", retry_after=5.0)
    first = await use_cases.read_campaign_progress(_named(call))
    return Reply(stream=_events(use_cases, _named(call), first, query.max_seconds))


async def _events(
    use_cases: RestUseCases, command: CampaignCommand, found: Progress, seconds: int
) -> AsyncIterator[bytes]:
    """Progress once a second until it is over, nothing moves, or the time is up; clients then come again by themselves."""
    global _streams
    _streams += 1
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    try:
        yield RECONNECT
        while True:
            over = found.over or found.campaign.status not in WATCHED
            name = b"end" if over else b"progress"
            yield b"event: %s\ndata: %s\n\n" % (name, msgspec.json.encode(progress_out(found)))
            if over or loop.time() + STREAM_EVERY > until:
                return
            await asyncio.sleep(STREAM_EVERY)
            try:
                found = await use_cases.read_campaign_progress(command)
            except SignalError:
                return
    finally:
        _streams -= 1


async def explain_recipient(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/campaigns/{campaign_id}/recipients/{recipient}"""
    found = await use_cases.explain_recipient(
        ExplainRecipientCommand(
            application_id=call.application_id,
            campaign_id=call.path["campaign_id"],
            recipient=call.path["recipient"],
        )
    )
    return Reply(recipient_out(found))
