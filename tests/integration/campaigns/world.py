"""Campaigns on the bench: the pipeline's workshop, with the real campaign stores and use cases on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import attrs
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.channels.in_app import plugin as in_app
from adapters.channels.push import plugin
from adapters.postgres.applications import PostgresApplications
from adapters.postgres.campaign_audience import PostgresCampaignAudience
from adapters.postgres.campaign_fan_out import PostgresFanOut
from adapters.postgres.campaign_progress import PostgresCampaignProgress
from adapters.postgres.campaign_tally import PostgresCampaignTally
from adapters.postgres.campaigns import PostgresCampaigns
from adapters.postgres.engine import open_engine, raw_connection
from adapters.postgres.messages import PostgresMessages
from adapters.postgres.partitions import ensure_partitions
from adapters.postgres.segment_members import PostgresSegmentMembers
from adapters.postgres.segments import PostgresSegments
from adapters.postgres.templates import PostgresTemplates
from adapters.templating.engine import LiquidTemplating
from application.campaigns.cancel_campaign import CancelCampaign
from application.campaigns.circumstances import ReadCircumstances
from application.campaigns.commands import (
    CampaignCommand,
    CreateCampaignCommand,
    DryRunCommand,
    LaunchCampaignCommand,
    StopCampaignCommand,
)
from application.campaigns.content import ResolveContent
from application.campaigns.create_campaign import CreateCampaign
from application.campaigns.dry_run import DryRun, DryRunCampaign
from application.campaigns.explain import ExplainRecipient
from application.campaigns.fan_out import FanOut
from application.campaigns.keep_moving import KeepMoving
from application.campaigns.launch import LaunchCampaign
from application.campaigns.launch_due import LaunchDue
from application.campaigns.pause_campaign import PauseCampaign, ResumeCampaign
from application.campaigns.personalise import Personalise
from application.campaigns.plan_check import CheckPlan
from application.campaigns.progress import ReadProgress
from application.campaigns.schedule_campaign import ScheduleCampaign, UnscheduleCampaign
from application.campaigns.trigger_campaign import TriggerCampaign
from domain.campaigns.campaign import Campaign
from domain.messaging.outcome import Accepted, Outcome
from domain.shared.channels import Channel
from tests.integration.pipeline.workshop import Workshop

EVERYBODY: Mapping[str, Any] = {"include": [{"everyone": True}]}
SENT: Outcome = Accepted()


@attrs.define(kw_only=True)
class CampaignWorld(Workshop):
    """A workshop whose campaigns are made, launched, fanned out and counted by the product's own code."""

    control: AsyncEngine
    look_ahead: int = 20_000

    @property
    def campaigns(self) -> PostgresCampaigns:
        return PostgresCampaigns(self.control, self.ids)

    @property
    def applications(self) -> PostgresApplications:
        return PostgresApplications(self.control)

    @property
    def templates(self) -> PostgresTemplates:
        """A fresh one each time: it remembers nothing."""
        return PostgresTemplates(self.control)

    @property
    def circumstances(self) -> ReadCircumstances:
        return ReadCircumstances(
            applications=self.applications,
            resolve_content=ResolveContent(
                templates=PostgresTemplates(self.control),
                templating=LiquidTemplating(),
                plugins={Channel.PUSH: plugin, Channel.IN_APP: in_app},
            ),
            segments=PostgresSegments(self.control),
        )

    @property
    def launcher(self) -> LaunchCampaign:
        return LaunchCampaign(
            campaigns=self.campaigns,
            campaign_audience=PostgresCampaignAudience(self.control, self.ids),
            circumstances=self.circumstances,
            clock=self.clock,
        )

    @property
    def launch_due(self) -> LaunchDue:
        return LaunchDue(
            campaigns=self.campaigns, launch=self.launcher, clock=self.clock, identifiers=self.ids
        )

    @property
    def fan_out(self) -> FanOut:
        return FanOut(
            fan_out_store=PostgresFanOut(self.engine, self.ids, kept_plans=self.engine),
            campaigns=self.campaigns,
            profiles=self.profiles,
            personalise=Personalise(seal_variables=self.sealed_variables.seal, identifiers=self.ids),
            clock=self.clock,
            identifiers=self.ids,
            look_ahead=self.look_ahead,
        )

    @property
    def keep_moving(self) -> KeepMoving:
        return KeepMoving(
            campaigns=self.campaigns, tally=PostgresCampaignTally(self.engine, self.ids), clock=self.clock
        )

    @property
    def trigger(self) -> TriggerCampaign:
        return TriggerCampaign(campaigns=self.campaigns, clock=self.clock, identifiers=self.ids)

    @property
    def explain(self) -> ExplainRecipient:
        return ExplainRecipient(
            campaigns=self.campaigns,
            campaign_progress=PostgresCampaignProgress(self.control),
            circumstances=self.circumstances,
            segment_members=PostgresSegmentMembers(self.control),
            messages=PostgresMessages(self.engine),
            clock=self.clock,
        )

    @property
    def read_progress(self) -> ReadProgress:
        return ReadProgress(
            campaigns=self.campaigns,
            campaign_progress=PostgresCampaignProgress(self.control),
            clock=self.clock,
        )

    async def draft(self, application_id: UUID, **plan: Any) -> UUID:
        """A campaign for everybody that says hello, unless the plan says otherwise; its id."""
        create = CreateCampaign(
            applications=self.applications,
            campaigns=self.campaigns,
            check_plan=CheckPlan(circumstances=self.circumstances),
            clock=self.clock,
            identifiers=self.ids,
        )
        given = {"name": "spring", "title": "Hello", "targeting_criteria": EVERYBODY, **plan}
        command = CreateCampaignCommand(application_id=application_id, actor="key-1", plan=given)
        return (await create(command)).id

    async def dry_run(self, application_id: UUID, campaign_id: UUID, samples: int = 3) -> DryRun:
        dry_run = DryRunCampaign(
            campaigns=self.campaigns,
            campaign_audience=PostgresCampaignAudience(self.control, self.ids),
            circumstances=self.circumstances,
            templating=LiquidTemplating(),
            clock=self.clock,
        )
        return await dry_run(
            DryRunCommand(application_id=application_id, campaign_id=campaign_id, samples=samples)
        )

    async def launch(
        self, application_id: UUID, campaign_id: UUID, fingerprint: str | None = None
    ) -> Campaign:
        return await self.launcher(
            LaunchCampaignCommand(
                application_id=application_id,
                campaign_id=campaign_id,
                actor="key-1",
                fingerprint=fingerprint,
            )
        )

    async def act(self, action: str, application_id: UUID, campaign_id: UUID) -> Campaign:
        """schedule, unschedule, pause, resume or cancel."""
        plain = CampaignCommand(application_id=application_id, campaign_id=campaign_id, actor="key-1")
        stop = StopCampaignCommand(application_id=application_id, campaign_id=campaign_id, actor="key-1")
        if action == "schedule":
            return await ScheduleCampaign(
                campaigns=self.campaigns, circumstances=self.circumstances, clock=self.clock
            )(plain)
        if action == "unschedule":
            return await UnscheduleCampaign(campaigns=self.campaigns, clock=self.clock)(plain)
        if action == "resume":
            return await ResumeCampaign(campaigns=self.campaigns, clock=self.clock)(plain)
        if action == "pause":
            return await PauseCampaign(campaigns=self.campaigns, clock=self.clock)(stop)
        assert action == "cancel"
        return await CancelCampaign(campaigns=self.campaigns, clock=self.clock)(stop)

    async def get(self, application_id: UUID, campaign_id: UUID) -> Campaign:
        return await self.campaigns.get(application_id, campaign_id)

    async def fan_out_all(self) -> int:
        """Fan out until nothing more may be made now; answer how many messages."""
        made = 0
        while step := await self.fan_out():
            made += step
        return made

    async def run(self, outcome: Outcome = SENT, rounds: int = 500) -> None:
        """Fan out, release, deliver and count until nothing moves any more."""
        worker = await self.worker()
        for _ in range(rounds):
            moved = await self.fan_out()
            moved += len(await self.queue.release(self.clock.now()))
            moved += await self.deliver_everything(worker, outcome)
            moved += await self.keep_moving.cancel_waiting()
            if not moved:
                break
        await self.count()

    async def count(self) -> None:
        """Have every batch recounted and what is over finished."""
        await self.connection.execute("UPDATE campaign_batch SET recount_at = now() - interval '1 hour'")
        await self.keep_moving()
        await self.keep_moving()

    async def recount(self, campaign_id: UUID) -> dict[str, int]:
        """What became of the campaign's messages, counted from the messages."""
        row = await self.connection.fetchrow(
            "SELECT count(*)::int AS n, count(*) FILTER (WHERE status IN (1, 4, 5))::int AS successful,"
            " count(*) FILTER (WHERE status = 2)::int AS failed, count(*) FILTER (WHERE status = 6)::int AS canceled,"
            " count(*) FILTER (WHERE status IN (0, 3))::int AS waiting,"
            " count(DISTINCT subscription_id)::int AS people FROM message WHERE campaign_id = $1",
            campaign_id,
        )
        assert row is not None
        return dict(row)


@asynccontextmanager
async def open_world(database_url: str) -> AsyncIterator[CampaignWorld]:
    engine = open_engine(database_url, pool_size=4, hot=True)
    kept_plans = open_engine(database_url, pool_size=4, hot=True, keep_plans=True)
    control = open_engine(database_url, pool_size=4)
    try:
        async with raw_connection(control) as connection:
            await ensure_partitions(connection, datetime.now(UTC))
            yield CampaignWorld(engine=engine, kept_plans=kept_plans, connection=connection, control=control)
    finally:
        await control.dispose()
        await kept_plans.dispose()
        await engine.dispose()
