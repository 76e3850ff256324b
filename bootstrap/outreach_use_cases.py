"""The use cases of reaching an audience: templates, segments, campaigns. `UseCases` adds the rest."""

from __future__ import annotations

from typing import ClassVar

from dependency_injector import providers

from application.campaigns.cancel_campaign import CancelCampaign
from application.campaigns.circumstances import ReadCircumstances
from application.campaigns.content import ResolveContent
from application.campaigns.create_campaign import CreateCampaign
from application.campaigns.dry_run import DryRunCampaign
from application.campaigns.duplicate_campaign import DuplicateCampaign
from application.campaigns.explain import ExplainRecipient
from application.campaigns.fan_out import FanOut
from application.campaigns.keep_moving import KeepMoving
from application.campaigns.launch import LaunchCampaign
from application.campaigns.launch_due import LaunchDue
from application.campaigns.list_campaigns import ListCampaigns, ListHistory, ReadCampaign
from application.campaigns.pause_campaign import PauseCampaign, ResumeCampaign
from application.campaigns.personalise import Personalise
from application.campaigns.plan_check import CheckPlan
from application.campaigns.progress import ReadProgress
from application.campaigns.run_campaigns import RunCampaigns
from application.campaigns.schedule_campaign import ScheduleCampaign, UnscheduleCampaign
from application.campaigns.trigger_campaign import TriggerCampaign
from application.campaigns.update_campaign import UpdateCampaign
from application.segments.archive_segment import ArchiveSegment
from application.segments.count_audience import CountAudience
from application.segments.count_segment import CountSegment
from application.segments.create_segment import CreateSegment
from application.segments.explain_segment import ExplainSegment
from application.segments.list_segments import ListSegments
from application.segments.read_segment import ReadSegment
from application.segments.update_segment import UpdateSegment
from application.templates.activate_version import ActivateVersion
from application.templates.archive_template import ArchiveTemplate
from application.templates.compare_versions import CompareVersions
from application.templates.create_template import CreateTemplate
from application.templates.list_templates import ListTemplates
from application.templates.list_versions import ListVersions
from application.templates.preview_template import PreviewTemplate
from application.templates.read_template import ReadTemplate
from application.templates.read_version import ReadVersion
from application.templates.rendering import SampleRendering
from application.templates.source_check import SourceCheck
from application.templates.update_template import UpdateTemplate
from application.templates.validate_template import ValidateTemplate
from bootstrap.alimtalk_use_cases import AlimTalkUseCases


class OutreachUseCases(AlimTalkUseCases):
    """What people are told, who they are, and when."""

    _i = AlimTalkUseCases.infrastructure

    _clocked: ClassVar = {"clock": _i.clock}
    _identified: ClassVar = {"clock": _i.clock, "identifiers": _i.identifiers}

    check_source = providers.Singleton(
        SourceCheck, templating=_i.templating, plugins=_i.provider_directory.provided.plugins
    )
    render_sample = providers.Singleton(
        SampleRendering, templating=_i.templating, plugins=_i.provider_directory.provided.plugins
    )
    create_template = providers.Singleton(
        CreateTemplate,
        applications=_i.applications,
        templates=_i.templates,
        check_source=check_source,
        **_identified,
    )
    list_templates = providers.Singleton(ListTemplates, templates=_i.templates)
    read_template = providers.Singleton(ReadTemplate, templates=_i.templates)
    update_template = providers.Singleton(
        UpdateTemplate, templates=_i.templates, check_source=check_source, **_clocked
    )
    archive_template = providers.Singleton(ArchiveTemplate, templates=_i.templates, **_clocked)
    list_template_versions = providers.Singleton(ListVersions, templates=_i.templates)
    read_template_version = providers.Singleton(ReadVersion, templates=_i.templates)
    activate_template_version = providers.Singleton(ActivateVersion, templates=_i.templates, **_clocked)
    compare_template_versions = providers.Singleton(CompareVersions, templates=_i.templates)
    preview_template = providers.Singleton(
        PreviewTemplate, templates=_i.templates, render_sample=render_sample
    )
    validate_template = providers.Singleton(
        ValidateTemplate,
        applications=_i.applications,
        check_source=check_source,
        render_sample=render_sample,
    )

    create_segment = providers.Singleton(
        CreateSegment, applications=_i.applications, segments=_i.segments, **_identified
    )
    read_segment = providers.Singleton(ReadSegment, segments=_i.segments)
    list_segments = providers.Singleton(ListSegments, segments=_i.segments)
    update_segment = providers.Singleton(UpdateSegment, segments=_i.segments, **_clocked)
    archive_segment = providers.Singleton(ArchiveSegment, segments=_i.segments, **_clocked)
    _counting: ClassVar = {"segments": _i.segments, "segment_members": _i.segment_members, **_clocked}
    count_segment = providers.Singleton(CountSegment, **_counting)
    count_audience = providers.Singleton(CountAudience, applications=_i.applications, **_counting)
    explain_segment = providers.Singleton(ExplainSegment, **_counting)

    resolve_content = providers.Singleton(
        ResolveContent,
        templates=_i.templates,
        templating=_i.templating,
        plugins=_i.provider_directory.provided.plugins,
    )
    circumstances = providers.Singleton(
        ReadCircumstances,
        applications=_i.applications,
        resolve_content=resolve_content,
        segments=_i.segments,
        approvals=AlimTalkUseCases.approvals,
    )
    check_plan = providers.Singleton(CheckPlan, circumstances=circumstances)
    _campaigns: ClassVar = {"campaigns": _i.campaigns, **_clocked}
    create_campaign = providers.Singleton(
        CreateCampaign,
        applications=_i.applications,
        check_plan=check_plan,
        identifiers=_i.identifiers,
        **_campaigns,
    )
    update_campaign = providers.Singleton(
        UpdateCampaign, applications=_i.applications, check_plan=check_plan, **_campaigns
    )
    read_campaign = providers.Singleton(ReadCampaign, campaigns=_i.campaigns)
    list_campaigns = providers.Singleton(ListCampaigns, campaigns=_i.campaigns)
    list_campaign_history = providers.Singleton(ListHistory, campaigns=_i.campaigns)
    schedule_campaign = providers.Singleton(ScheduleCampaign, circumstances=circumstances, **_campaigns)
    unschedule_campaign = providers.Singleton(UnscheduleCampaign, **_campaigns)
    launch_campaign = providers.Singleton(
        LaunchCampaign, campaign_audience=_i.campaign_audience, circumstances=circumstances, **_campaigns
    )
    dry_run_campaign = providers.Singleton(
        DryRunCampaign,
        campaign_audience=_i.campaign_audience,
        circumstances=circumstances,
        templating=_i.templating,
        **_campaigns,
    )
    pause_campaign = providers.Singleton(PauseCampaign, **_campaigns)
    resume_campaign = providers.Singleton(ResumeCampaign, **_campaigns)
    cancel_campaign = providers.Singleton(CancelCampaign, **_campaigns)
    duplicate_campaign = providers.Singleton(DuplicateCampaign, identifiers=_i.identifiers, **_campaigns)
    trigger_campaign = providers.Singleton(TriggerCampaign, identifiers=_i.identifiers, **_campaigns)
    read_campaign_progress = providers.Singleton(
        ReadProgress, campaign_progress=_i.campaign_progress, **_campaigns
    )
    explain_recipient = providers.Singleton(
        ExplainRecipient,
        campaign_progress=_i.campaign_progress,
        circumstances=circumstances,
        segment_members=_i.segment_members,
        messages=_i.messages,
        **_campaigns,
    )
    launch_due = providers.Singleton(
        LaunchDue, launch=launch_campaign, identifiers=_i.identifiers, **_campaigns
    )
    keep_moving = providers.Singleton(KeepMoving, tally=_i.campaign_tally, **_campaigns)
    fan_out = providers.Singleton(
        FanOut,
        fan_out_store=_i.fan_out_store,
        profiles=_i.profiles,
        personalise=providers.Singleton(
            Personalise, seal_variables=_i.sealed_variables.provided.seal, identifiers=_i.identifiers
        ),
        identifiers=_i.identifiers,
        **_campaigns,
    )

    run_campaigns = providers.Singleton(RunCampaigns, launch_due, fan_out, keep_moving, _i.measures)
