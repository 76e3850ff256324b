"""The bag of use cases that REST calls; bootstrap fills it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import attrs

from application.alerting.manage_alerts import (
    AcknowledgeAlert,
    ReadAlert,
    ReadAlertPolicy,
    SetAlertPolicy,
)
from application.alimtalk.list_templates import ListTemplates as ListKakaoTemplates
from application.alimtalk.preview_alimtalk import PreviewAlimTalk
from application.alimtalk.read_template import ReadTemplate as ReadKakaoTemplate
from application.alimtalk.refresh_templates import RefreshTemplates as RefreshKakaoTemplates
from application.alimtalk.register_template import RegisterTemplate as RegisterKakaoTemplate
from application.analytics.read_funnel import ReadFunnel
from application.analytics.read_inactive import ReadInactive
from application.analytics.read_series import ReadSeries
from application.analytics.read_subscriptions import ReadSubscriptions
from application.analytics.read_totals import ReadTotals
from application.analytics.read_usage import ReadUsage
from application.applications.add_identity_key import AddIdentityKey
from application.applications.authenticate_key import AuthenticateKey
from application.applications.create_application import CreateApplication
from application.applications.delete_credential import DeleteCredential
from application.applications.issue_key import IssueKey
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
from application.audience.archive_subscription import ArchiveSubscription
from application.audience.archive_user import ArchiveUser
from application.audience.disable_subscription import DisableSubscription
from application.audience.enable_subscription import EnableSubscription
from application.audience.lift_suppression import LiftSuppression
from application.audience.list_subscription_events import ListSubscriptionEvents
from application.audience.list_subscriptions import ListSubscriptions
from application.audience.list_suppressions import ListSuppressions
from application.audience.list_users import ListUsers
from application.audience.preference_link import PreferenceLink
from application.audience.put_user import PutUser
from application.audience.read_subscription import ReadSubscription
from application.audience.read_user import ReadUser
from application.audience.register_subscription import RegisterSubscription
from application.audience.register_subscriptions import RegisterSubscriptions
from application.audience.resend_confirmation import ResendConfirmation
from application.audience.suppress_address import SuppressAddress
from application.audience.update_subscription import UpdateSubscription
from application.audience.update_user import UpdateUser
from application.campaigns.cancel_campaign import CancelCampaign
from application.campaigns.create_campaign import CreateCampaign
from application.campaigns.dry_run import DryRunCampaign
from application.campaigns.duplicate_campaign import DuplicateCampaign
from application.campaigns.explain import ExplainRecipient
from application.campaigns.launch import LaunchCampaign
from application.campaigns.list_campaigns import ListCampaigns, ListHistory, ReadCampaign
from application.campaigns.pause_campaign import PauseCampaign, ResumeCampaign
from application.campaigns.progress import ReadProgress
from application.campaigns.schedule_campaign import ScheduleCampaign, UnscheduleCampaign
from application.campaigns.trigger_campaign import TriggerCampaign
from application.campaigns.update_campaign import UpdateCampaign
from application.messaging.accept_messages import AcceptMessagesUseCase
from application.messaging.cancel_message import CancelMessage
from application.messaging.list_messages import ListMessages
from application.messaging.preview_sms import PreviewSms
from application.messaging.read_message import ReadMessage
from application.messaging.requeue_message import RequeueMessage
from application.messaging.send_test import SendTest
from application.quota.list_ledger_entries import ListLedgerEntries
from application.quota.read_quota import ReadQuota
from application.quota.set_quota import SetQuota
from application.quota.set_unit_prices import SetUnitPrices
from application.quota.top_up_credit import TopUpCredit
from application.reports.create_export import CreateExport
from application.reports.read_exports import DownloadExport, ListExports, ReadExport, RemoveExport
from application.reports.read_statement import ReadStatement
from application.reports.stream_report import StreamReport
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
from application.templates.update_template import UpdateTemplate
from application.templates.validate_template import ValidateTemplate
from application.webhooks.manage_webhooks import (
    CreateWebhook,
    ListWebhooks,
    ReadWebhook,
    RemoveWebhook,
    RotateWebhookSecret,
    UpdateWebhook,
)
from application.webhooks.replay_webhook import ListDeliveries, ReplayWebhook, SendTestEvent

Readiness = Callable[[], Awaitable[Mapping[str, bool]]]
"""What is needed to accept messages (`database`, …) and whether it answers; bounded in time, never raises."""


@attrs.frozen(kw_only=True)
class RestUseCases:
    """What a server may do."""

    authenticate_key: AuthenticateKey
    readiness: Readiness
    create_application: CreateApplication
    list_applications: ListApplications
    read_application: ReadApplication
    update_application: UpdateApplication
    issue_key: IssueKey
    list_keys: ListKeys
    revoke_key: RevokeKey
    add_identity_key: AddIdentityKey
    list_identity_keys: ListIdentityKeys
    remove_identity_key: RemoveIdentityKey
    set_credential: SetCredential
    list_credentials: ListCredentials
    delete_credential: DeleteCredential
    list_pauses: ListPauses
    pause_channel: PauseChannel
    resume_channel: ResumeChannel
    list_alerts: ListAlerts
    put_user: PutUser
    read_user: ReadUser
    list_users: ListUsers
    update_user: UpdateUser
    archive_user: ArchiveUser
    create_segment: CreateSegment
    read_segment: ReadSegment
    list_segments: ListSegments
    update_segment: UpdateSegment
    archive_segment: ArchiveSegment
    count_segment: CountSegment
    count_audience: CountAudience
    explain_segment: ExplainSegment
    register_subscription: RegisterSubscription
    register_subscriptions: RegisterSubscriptions
    read_subscription: ReadSubscription
    list_subscriptions: ListSubscriptions
    list_subscription_events: ListSubscriptionEvents
    update_subscription: UpdateSubscription
    archive_subscription: ArchiveSubscription
    disable_subscription: DisableSubscription
    enable_subscription: EnableSubscription
    create_campaign: CreateCampaign
    list_campaigns: ListCampaigns
    read_campaign: ReadCampaign
    update_campaign: UpdateCampaign
    schedule_campaign: ScheduleCampaign
    unschedule_campaign: UnscheduleCampaign
    launch_campaign: LaunchCampaign
    pause_campaign: PauseCampaign
    resume_campaign: ResumeCampaign
    cancel_campaign: CancelCampaign
    duplicate_campaign: DuplicateCampaign
    dry_run_campaign: DryRunCampaign
    trigger_campaign: TriggerCampaign
    list_campaign_history: ListHistory
    read_campaign_progress: ReadProgress
    explain_recipient: ExplainRecipient
    list_suppressions: ListSuppressions
    suppress_address: SuppressAddress
    preference_link: PreferenceLink
    resend_confirmation: ResendConfirmation
    lift_suppression: LiftSuppression
    accept_messages: AcceptMessagesUseCase
    send_test: SendTest
    read_message: ReadMessage
    list_messages: ListMessages
    cancel_message: CancelMessage
    requeue_message: RequeueMessage
    read_quota: ReadQuota
    set_quota: SetQuota
    set_unit_prices: SetUnitPrices
    top_up_credit: TopUpCredit
    list_ledger_entries: ListLedgerEntries
    read_totals: ReadTotals
    read_series: ReadSeries
    read_funnel: ReadFunnel
    read_subscriptions: ReadSubscriptions
    read_usage: ReadUsage
    read_inactive: ReadInactive
    create_export: CreateExport
    list_exports: ListExports
    read_export: ReadExport
    remove_export: RemoveExport
    download_export: DownloadExport
    stream_report: StreamReport
    read_statement: ReadStatement
    create_template: CreateTemplate
    list_templates: ListTemplates
    read_template: ReadTemplate
    update_template: UpdateTemplate
    archive_template: ArchiveTemplate
    list_template_versions: ListVersions
    read_template_version: ReadVersion
    activate_template_version: ActivateVersion
    compare_template_versions: CompareVersions
    preview_template: PreviewTemplate
    validate_template: ValidateTemplate
    preview_sms: PreviewSms
    register_kakao_template: RegisterKakaoTemplate
    list_kakao_templates: ListKakaoTemplates
    read_kakao_template: ReadKakaoTemplate
    refresh_kakao_templates: RefreshKakaoTemplates
    preview_alimtalk: PreviewAlimTalk
    read_alert: ReadAlert
    acknowledge_alert: AcknowledgeAlert
    read_alert_policy: ReadAlertPolicy
    set_alert_policy: SetAlertPolicy
    create_webhook: CreateWebhook
    list_webhooks: ListWebhooks
    read_webhook: ReadWebhook
    update_webhook: UpdateWebhook
    remove_webhook: RemoveWebhook
    rotate_webhook_secret: RotateWebhookSecret
    list_webhook_deliveries: ListDeliveries
    replay_webhook: ReplayWebhook
    send_test_event: SendTestEvent
