"""The routes of campaigns."""

from __future__ import annotations

from typing import Any

from domain.applications.scopes import Scope
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Handler, Route
from entrypoints.http.wire import PageQuery
from entrypoints.rest import campaigns
from entrypoints.rest.campaign_reports import DryRunOut, ProgressOut, RecipientOut
from entrypoints.rest.campaign_wire import (
    CampaignChange,
    CampaignIn,
    CampaignOut,
    CampaignPage,
    CampaignQuery,
    DryRunIn,
    DuplicateIn,
    HistoryPage,
    LaunchIn,
    StopIn,
    StreamQuery,
    TriggerIn,
)
from entrypoints.rest.use_cases import RestUseCases

ONE = "/v1/campaigns/{campaign_id}"


def _action(
    name: str,
    verb: str,
    summary: str,
    handler: Handler[RestUseCases],
    *,
    body: type[In] | None = None,
    status: int = 200,
    answer: type[Out] = CampaignOut,
    **more: Any,
) -> Route[RestUseCases]:
    """A POST below one campaign that may be refused for the state it is in."""
    return Route(
        method="POST",
        path=f"{ONE}/{verb}",
        name=name,
        tag="campaigns",
        summary=summary,
        scope=Scope.CAMPAIGNS_WRITE,
        body=body,
        replies={status: answer},
        errors=more.pop("errors", frozenset({409})),
        handler=handler,
        **more,
    )


def _read(
    name: str, path: str, summary: str, answer: type[Out], handler: Handler[RestUseCases], **more: Any
) -> Route[RestUseCases]:
    return Route(
        method="GET",
        path=path,
        name=name,
        tag="campaigns",
        summary=summary,
        scope=Scope.CAMPAIGNS_READ,
        replies={200: answer},
        handler=handler,
        **more,
    )


ROUTES: tuple[Route[RestUseCases], ...] = (
    _read(
        "list_campaigns",
        "/v1/campaigns",
        "List campaigns, or with run_of the runs of one",
        CampaignPage,
        campaigns.list_campaigns,
        query=CampaignQuery,
    ),
    Route(
        method="POST",
        path="/v1/campaigns",
        name="create_campaign",
        tag="campaigns",
        summary="Create a draft",
        description=(
            "A draft may still say nothing and be for nobody. It is sent by `launch` (immediate), waits for its time "
            "after `schedule` (scheduled, recurring), or for `trigger` (triggered)."
        ),
        scope=Scope.CAMPAIGNS_WRITE,
        body=CampaignIn,
        replies={201: CampaignOut},
        errors=frozenset({409}),
        handler=campaigns.create_campaign,
    ),
    _read("read_campaign", ONE, "Read a campaign", CampaignOut, campaigns.read_campaign),
    Route(
        method="PATCH",
        path=ONE,
        name="update_campaign",
        tag="campaigns",
        summary="Change a draft",
        scope=Scope.CAMPAIGNS_WRITE,
        body=CampaignChange,
        replies={200: CampaignOut},
        errors=frozenset({409}),
        handler=campaigns.update_campaign,
    ),
    _action(
        "dry_run_campaign",
        "dry-run",
        "Try a campaign without sending",
        campaigns.dry_run_campaign,
        body=DryRunIn,
        answer=DryRunOut,
        description=(
            "Exact numbers per channel, every exclusion by reason, the cost, rendered examples, and a fingerprint that "
            "binds a launch to exactly this audience and content."
        ),
    ),
    _action(
        "schedule_campaign",
        "schedule",
        "Wait for its time, make its runs, or be ready for triggers",
        campaigns.schedule_campaign,
    ),
    _action(
        "unschedule_campaign", "unschedule", "Back to a draft, to be changed", campaigns.unschedule_campaign
    ),
    _action(
        "launch_campaign",
        "launch",
        "Send a campaign now",
        campaigns.launch_campaign,
        body=LaunchIn,
        status=202,
        errors=frozenset({402, 409}),
        description=(
            "The audience is fixed in one snapshot; the answer comes when it is stored. With a fingerprint that no longer "
            "holds nothing is launched, and `added`, `removed` and `content_changed` say what is different."
        ),
    ),
    _action(
        "pause_campaign",
        "pause",
        "Start nothing more of it",
        campaigns.pause_campaign,
        body=StopIn,
    ),
    _action("resume_campaign", "resume", "Go on exactly where it stopped", campaigns.resume_campaign),
    _action(
        "cancel_campaign",
        "cancel",
        "Cancel what is not sent, and free its quota",
        campaigns.cancel_campaign,
        body=StopIn,
    ),
    _action(
        "duplicate_campaign",
        "duplicate",
        "A new draft with the same plan",
        campaigns.duplicate_campaign,
        body=DuplicateIn,
        status=201,
        errors=frozenset(),
    ),
    _action(
        "trigger_campaign",
        "trigger",
        "Make one run of a triggered campaign",
        campaigns.trigger_campaign,
        body=TriggerIn,
        status=202,
        idempotent=True,
        description=(
            "For its whole audience, or for some users of it, with variables of its own. The run is a campaign that is "
            "launched within moments; `failure_reason` says what kept it from that. The same Idempotency-Key is one run."
        ),
    ),
    _read(
        "list_campaign_history",
        f"{ONE}/history",
        "What happened to a campaign",
        HistoryPage,
        campaigns.list_campaign_history,
        query=PageQuery,
    ),
    _read(
        "read_campaign_progress",
        f"{ONE}/progress",
        "How far a campaign is",
        ProgressOut,
        campaigns.read_progress,
    ),
    _read(
        "stream_campaign_progress",
        f"{ONE}/progress/events",
        "Watch a campaign",
        ProgressOut,
        campaigns.stream_progress,
        query=StreamQuery,
        event_stream=True,
        description=(
            "Server-sent events, one a second: `progress`, and `end` when nothing moves any more, each with the data of "
            "the progress route. After max_seconds the stream ends and clients connect again."
        ),
    ),
    _read(
        "explain_campaign_recipient",
        f"{ONE}/recipients/{{recipient}}",
        "Why somebody did or did not get a campaign",
        RecipientOut,
        campaigns.explain_recipient,
        description="By a subscription's id or a user's external id, step by step.",
    ),
)
