"""The container of use cases: plain objects built once from infrastructure; nobody below knows of it."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from dependency_injector import containers, providers

from application.applications.add_identity_key import AddIdentityKey
from application.applications.authenticate_key import AuthenticateKey
from application.applications.check_sdk import CheckSdk
from application.applications.create_application import CreateApplication
from application.applications.delete_credential import DeleteCredential
from application.applications.ensure_operator_key import EnsureOperatorKey
from application.applications.issue_key import IssueKey
from application.applications.key_cache import KeyCache
from application.applications.list_alerts import ListAlerts
from application.applications.list_applications import ListApplications
from application.applications.list_credentials import ListCredentials
from application.applications.list_identity_keys import ListIdentityKeys
from application.applications.list_keys import ListKeys
from application.applications.list_pauses import ListPauses
from application.applications.pause_channel import PauseChannel
from application.applications.read_application import ReadApplication
from application.applications.remove_identity_key import RemoveIdentityKey
from application.applications.resume_channel import ResumeChannel
from application.applications.revoke_key import RevokeKey
from application.applications.set_credential import SetCredential
from application.applications.update_application import UpdateApplication
from application.applications.verify_identity import VerifyIdentity
from application.audience.archive_subscription import ArchiveSubscription
from application.audience.archive_user import ArchiveUser
from application.audience.change_properties import ChangeProperties
from application.audience.change_tags import ChangeTags
from application.audience.disable_subscription import DisableSubscription
from application.audience.enable_subscription import EnableSubscription
from application.audience.gathered_authentication import GatheredAuthentication
from application.audience.gathered_registrations import GatheredRegistrations
from application.audience.lift_suppression import LiftSuppression
from application.audience.list_subscription_events import ListSubscriptionEvents
from application.audience.list_subscriptions import ListSubscriptions
from application.audience.list_suppressions import ListSuppressions
from application.audience.list_users import ListUsers
from application.audience.login import Login
from application.audience.logout import Logout
from application.audience.put_user import PutUser
from application.audience.read_subscription import ReadSubscription
from application.audience.read_user import ReadUser
from application.audience.register_subscription import RegisterSubscription
from application.audience.register_subscriptions import RegisterSubscriptions
from application.audience.rotate_keys import RotateKeys
from application.audience.suppress_address import SuppressAddress
from application.audience.update_subscription import UpdateSubscription
from application.audience.update_user import UpdateUser
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
from application.dispatch.credential_cache import CredentialCache
from application.dispatch.resolve_unknown import ResolveUnknown
from application.messaging.accept_group import AcceptGroup
from application.messaging.accept_messages import AcceptMessagesUseCase
from application.messaging.advance_fallbacks import AdvanceFallbacks
from application.messaging.apply_early_receipts import ApplyEarlyReceipts
from application.messaging.cancel_message import CancelMessage
from application.messaging.fetch_in_app_messages import FetchInAppMessages
from application.messaging.group_commit import GroupCommit
from application.messaging.list_messages import ListMessages
from application.messaging.poll_reports import PollReports
from application.messaging.publish_events import PublishEvents
from application.messaging.read_message import ReadMessage
from application.messaging.receipt_gatherer import ReceiptGatherer
from application.messaging.receive_callback import ReceiveCallback
from application.messaging.record_receipts import RecordReceipts
from application.messaging.record_reports import RecordReports
from application.messaging.rendered import Rendered
from application.messaging.requeue_message import RequeueMessage
from application.messaging.scripts import Scripts
from application.quota.check_ledger import CheckLedger
from application.quota.list_ledger_entries import ListLedgerEntries
from application.quota.read_quota import ReadQuota
from application.quota.set_quota import SetQuota
from application.quota.set_unit_prices import SetUnitPrices
from application.quota.top_up_credit import TopUpCredit
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
from bootstrap.infrastructure import Infrastructure

# First calls and receipts come one install a request, and often many at once.
_GATHER = partial(GroupCommit, window=0.002, at_most=200, waiting_room=5_000)


class UseCases(containers.DeclarativeContainer):
    """What the entry points call. Arguments are the ports' names, so that a wrong wire fails at the first use."""

    infrastructure = providers.DependenciesContainer()
    _i = infrastructure

    _clocked: ClassVar = {"clock": _i.clock}
    _identified: ClassVar = {"clock": _i.clock, "identifiers": _i.identifiers}
    key_cache = providers.Singleton(KeyCache)

    authenticate_key = providers.Singleton(AuthenticateKey, keys=_i.keys, key_cache=key_cache, **_clocked)
    issue_key = providers.Singleton(IssueKey, keys=_i.keys, randomness=_i.randomness, **_identified)
    ensure_operator_key = providers.Singleton(EnsureOperatorKey, keys=_i.keys, issue=issue_key, **_clocked)
    list_keys = providers.Singleton(ListKeys, applications=_i.applications, keys=_i.keys)
    revoke_key = providers.Singleton(RevokeKey, keys=_i.keys, key_cache=key_cache, **_clocked)
    create_application = providers.Singleton(
        CreateApplication, applications=_i.applications, providers=_i.provider_directory, **_identified
    )
    list_applications = providers.Singleton(ListApplications, applications=_i.applications)
    read_application = providers.Singleton(ReadApplication, applications=_i.applications)
    update_application = providers.Singleton(
        UpdateApplication,
        applications=_i.applications,
        key_cache=key_cache,
        providers=_i.provider_directory,
        pauses=_i.pauses,
        **_clocked,
    )
    set_credential = providers.Singleton(
        SetCredential,
        credentials=_i.credentials,
        providers=_i.provider_directory,
        vault=_i.vault,
        randomness=_i.randomness,
        **_clocked,
    )
    list_credentials = providers.Singleton(
        ListCredentials, applications=_i.applications, credentials=_i.credentials
    )
    delete_credential = providers.Singleton(DeleteCredential, credentials=_i.credentials)
    add_identity_key = providers.Singleton(
        AddIdentityKey,
        identity_keys=_i.identity_keys,
        identity_tokens=_i.identity_tokens,
        vault=_i.vault,
        **_clocked,
    )
    list_identity_keys = providers.Singleton(
        ListIdentityKeys, applications=_i.applications, identity_keys=_i.identity_keys
    )
    remove_identity_key = providers.Singleton(RemoveIdentityKey, identity_keys=_i.identity_keys)
    verify_identity = providers.Singleton(
        VerifyIdentity,
        applications=_i.applications,
        identity_keys=_i.identity_keys,
        identity_tokens=_i.identity_tokens,
        vault=_i.vault,
        **_clocked,
    )
    check_sdk = providers.Singleton(CheckSdk, applications=_i.applications)
    list_pauses = providers.Singleton(ListPauses, applications=_i.applications, pauses=_i.pauses)
    pause_channel = providers.Singleton(PauseChannel, pauses=_i.pauses, **_clocked)
    resume_channel = providers.Singleton(ResumeChannel, pauses=_i.pauses)
    list_alerts = providers.Singleton(ListAlerts, alerts=_i.alerts)

    register_subscriptions = providers.Singleton(
        RegisterSubscriptions,
        applications=_i.applications,
        audience=_i.audience,
        vault=_i.vault,
        randomness=_i.randomness,
        providers=_i.provider_directory,
        **_identified,
    )
    gathered_registrations = providers.Singleton(
        GatheredRegistrations,
        register_subscriptions,
        providers.Object(_GATHER),
    )
    register_subscription = providers.Singleton(
        RegisterSubscription, register_subscriptions=gathered_registrations
    )
    read_subscription = providers.Singleton(ReadSubscription, audience=_i.audience, vault=_i.vault)
    list_subscriptions = providers.Singleton(ListSubscriptions, audience=_i.audience)
    list_subscription_events = providers.Singleton(ListSubscriptionEvents, audience=_i.audience)
    update_subscription = providers.Singleton(
        UpdateSubscription,
        audience=_i.audience,
        vault=_i.vault,
        providers=_i.provider_directory,
        **_identified,
    )
    change_tags = providers.Singleton(ChangeTags, audience=_i.audience, **_identified)
    archive_subscription = providers.Singleton(ArchiveSubscription, audience=_i.audience, **_identified)
    disable_subscription = providers.Singleton(DisableSubscription, audience=_i.audience, **_identified)
    enable_subscription = providers.Singleton(EnableSubscription, audience=_i.audience, **_identified)
    put_user = providers.Singleton(PutUser, applications=_i.applications, audience=_i.audience, **_identified)
    read_user = providers.Singleton(ReadUser, audience=_i.audience)
    list_users = providers.Singleton(ListUsers, audience=_i.audience)
    update_user = providers.Singleton(UpdateUser, audience=_i.audience)
    archive_user = providers.Singleton(ArchiveUser, audience=_i.audience, **_clocked)
    login = providers.Singleton(
        Login, applications=_i.applications, audience=_i.audience, vault=_i.vault, **_identified
    )
    logout = providers.Singleton(Logout, applications=_i.applications, audience=_i.audience, **_identified)
    change_properties = providers.Singleton(ChangeProperties, audience=_i.audience, **_clocked)
    authenticate_install = providers.Singleton(
        GatheredAuthentication,
        applications=_i.applications,
        audience=_i.audience,
        gatherer=providers.Object(_GATHER),
        **_clocked,
    )
    rotate_keys = providers.Singleton(
        RotateKeys,
        audience=_i.audience,
        credentials=_i.credentials,
        identity_keys=_i.identity_keys,
        vault=_i.vault,
    )

    list_suppressions = providers.Singleton(
        ListSuppressions, addresses=_i.addresses, vault=_i.vault, providers=_i.provider_directory
    )
    suppress_address = providers.Singleton(
        SuppressAddress, addresses=_i.addresses, vault=_i.vault, providers=_i.provider_directory, **_clocked
    )
    lift_suppression = providers.Singleton(LiftSuppression, addresses=_i.addresses, **_clocked)

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

    run_campaigns = providers.Singleton(RunCampaigns, launch_due, fan_out, keep_moving)

    scripts = providers.Singleton(
        Scripts, _i.templates, _i.templating, _i.provider_directory.provided.plugins
    )
    rendered = providers.Singleton(Rendered, _i.templating, _i.sealed_variables)
    accept_group = providers.Singleton(
        AcceptGroup,
        _i.accept_store,
        _i.doorbells,
        _i.clock,
        _i.identifiers,
        _i.sealed_variables.provided.seal,
    )
    accept_messages = providers.Singleton(
        AcceptMessagesUseCase,
        accept_group,
        _i.profiles,
        _i.provider_directory.provided.plugins,
        scripts,
        _i.clock,
    )
    advance_fallbacks = providers.Singleton(
        AdvanceFallbacks, _i.fallbacks, accept_group, _i.cancellation, _i.profiles, _i.clock
    )
    read_message = providers.Singleton(ReadMessage, _i.messages, rendered)
    list_messages = providers.Singleton(ListMessages, _i.messages, rendered)
    cancel_message = providers.Singleton(CancelMessage, _i.cancellation, read_message, _i.clock)
    requeue_message = providers.Singleton(RequeueMessage, _i.cancellation, read_message, _i.clock)
    record_receipts = providers.Singleton(RecordReceipts, _i.receipts, _i.clock)
    receipt_gatherer = providers.Singleton(ReceiptGatherer, record_receipts)
    fetch_in_app_messages = providers.Singleton(FetchInAppMessages, inbox=_i.in_app_inbox, **_clocked)
    apply_early_receipts = providers.Singleton(ApplyEarlyReceipts, _i.early_receipts, _i.receipts, _i.clock)
    publish_events = providers.Singleton(PublishEvents, _i.outbox, _i.event_stream)
    credential_cache = providers.Singleton(CredentialCache, _i.credentials, _i.vault, _i.provider_directory)

    record_reports = providers.Singleton(
        RecordReports,
        receipts=record_receipts,
        addresses=_i.addresses,
        providers=_i.provider_directory,
        vault=_i.vault,
        **_clocked,
    )
    receive_callback = providers.Singleton(
        ReceiveCallback,
        credentials=credential_cache,
        readers=_i.callback_readers,
        record=record_reports,
        **_clocked,
    )
    poll_reports = providers.Factory(
        PollReports,
        cursors=_i.poll_cursors,
        credentials=credential_cache,
        providers=_i.provider_directory,
        record=record_reports,
        **_clocked,
    )
    resolve_unknown = providers.Factory(
        ResolveUnknown,
        claims=_i.claims,
        messages=_i.worker_store,
        credentials=credential_cache,
        providers=_i.provider_directory,
        profiles=_i.profiles,
        vault=_i.vault,
        randomness=_i.randomness,
        **_identified,
    )

    read_quota = providers.Singleton(ReadQuota, quotas=_i.quotas, **_clocked)
    set_quota = providers.Singleton(SetQuota, quotas=_i.quotas, **_clocked)
    set_unit_prices = providers.Singleton(SetUnitPrices, quotas=_i.quotas, **_clocked)
    top_up_credit = providers.Singleton(TopUpCredit, ledger=_i.ledger, **_identified)
    list_ledger_entries = providers.Singleton(ListLedgerEntries, ledger=_i.ledger)
    check_ledger = providers.Singleton(CheckLedger, evidence=_i.ledger_evidence)

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


__all__ = ["Infrastructure", "UseCases"]
