"""The bag of use cases that the dashboard calls; bootstrap fills it."""

from __future__ import annotations

import attrs

from application.alerting.manage_alerts import AcknowledgeAlert, ReadAlert, ReadAlertPolicy, SetAlertPolicy
from application.alimtalk.list_templates import ListTemplates as ListKakaoTemplates
from application.alimtalk.preview_alimtalk import PreviewAlimTalk
from application.analytics.compare_funnels import CompareFunnels
from application.analytics.read_funnel import ReadFunnel
from application.analytics.read_inactive import ReadInactive
from application.analytics.read_overview import ReadMonth, ReadToday
from application.analytics.read_series import ReadSeries
from application.analytics.read_subscriptions import ReadSubscriptions
from application.analytics.read_usage import ReadUsage
from application.applications.create_application import CreateApplication
from application.applications.delete_credential import DeleteCredential
from application.applications.issue_key import IssueKey
from application.applications.list_alerts import ListAlerts
from application.applications.list_applications import ListApplications
from application.applications.list_credentials import ListCredentials
from application.applications.list_keys import ListKeys
from application.applications.list_pauses import ListPauses
from application.applications.pause_channel import PauseChannel
from application.applications.read_application import ReadApplication
from application.applications.resume_channel import ResumeChannel
from application.applications.revoke_key import RevokeKey
from application.applications.set_credential import SetCredential
from application.applications.update_application import UpdateApplication
from application.audience.disable_subscription import DisableSubscription
from application.audience.enable_subscription import EnableSubscription
from application.audience.list_subscription_events import ListSubscriptionEvents
from application.audience.list_subscriptions import ListSubscriptions
from application.audience.list_users import ListUsers
from application.audience.read_subscription import ReadSubscription
from application.audience.read_user import ReadUser
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
from application.campaigns.update_campaign import UpdateCampaign
from application.messaging.cancel_message import CancelMessage
from application.messaging.list_messages import ListMessages
from application.messaging.preview_sms import PreviewSms
from application.messaging.read_message import ReadMessage
from application.messaging.requeue_message import RequeueMessage
from application.messaging.send_test import SendTest
from application.operations.read_health import ReadHealth
from application.operations.read_retention import ReadRetention
from application.operators.accept_invitation import AcceptInvitation, ReadInvitation
from application.operators.authenticate_session import AuthenticateSession
from application.operators.change_operator import ChangeOperator, ListOperators
from application.operators.invite_operator import InviteOperator
from application.operators.record_change import ListAudit, RecordChange
from application.operators.sign_in import SignIn
from application.operators.sign_out import SignOut
from application.ports.provider_directory import ProviderDirectory
from application.quota.list_ledger_entries import ListLedgerEntries
from application.quota.read_quota import ReadQuota
from application.quota.set_quota import SetQuota
from application.quota.set_unit_prices import SetUnitPrices
from application.quota.top_up_credit import TopUpCredit
from application.reports.create_export import CreateExport
from application.reports.read_exports import ListExports, ReadExport, RemoveExport
from application.reports.read_statement import ReadStatement
from application.segments.archive_segment import ArchiveSegment
from application.segments.count_audience import CountAudience
from application.segments.create_segment import CreateSegment
from application.segments.list_segments import ListSegments
from application.segments.read_segment import ReadSegment
from application.segments.update_segment import UpdateSegment
from application.templates.activate_version import ActivateVersion
from application.templates.archive_template import ArchiveTemplate
from application.templates.compare_versions import CompareVersions
from application.templates.create_template import CreateTemplate
from application.templates.list_templates import ListTemplates
from application.templates.list_versions import ListVersions
from application.templates.read_template import ReadTemplate
from application.templates.update_template import UpdateTemplate
from application.templates.validate_template import ValidateTemplate


@attrs.frozen(kw_only=True)
class DashboardUseCases:
    """What operators may do, by the names of the container."""

    provider_directory: ProviderDirectory
    sign_in: SignIn
    sign_out: SignOut
    authenticate_session: AuthenticateSession
    invite_operator: InviteOperator
    read_invitation: ReadInvitation
    accept_invitation: AcceptInvitation
    change_operator: ChangeOperator
    list_operators: ListOperators
    record_change: RecordChange
    list_audit: ListAudit
    read_today: ReadToday
    read_month: ReadMonth
    read_series: ReadSeries
    read_funnel: ReadFunnel
    compare_funnels: CompareFunnels
    read_subscriptions: ReadSubscriptions
    read_usage: ReadUsage
    read_inactive: ReadInactive
    read_health: ReadHealth
    read_retention: ReadRetention
    create_application: CreateApplication
    list_applications: ListApplications
    read_application: ReadApplication
    update_application: UpdateApplication
    issue_key: IssueKey
    list_keys: ListKeys
    revoke_key: RevokeKey
    set_credential: SetCredential
    list_credentials: ListCredentials
    delete_credential: DeleteCredential
    list_pauses: ListPauses
    pause_channel: PauseChannel
    resume_channel: ResumeChannel
    list_alerts: ListAlerts
    read_user: ReadUser
    list_users: ListUsers
    read_subscription: ReadSubscription
    list_subscriptions: ListSubscriptions
    list_subscription_events: ListSubscriptionEvents
    disable_subscription: DisableSubscription
    enable_subscription: EnableSubscription
    create_segment: CreateSegment
    read_segment: ReadSegment
    list_segments: ListSegments
    update_segment: UpdateSegment
    archive_segment: ArchiveSegment
    count_audience: CountAudience
    create_template: CreateTemplate
    list_templates: ListTemplates
    read_template: ReadTemplate
    update_template: UpdateTemplate
    archive_template: ArchiveTemplate
    list_template_versions: ListVersions
    activate_template_version: ActivateVersion
    compare_template_versions: CompareVersions
    validate_template: ValidateTemplate
    preview_sms: PreviewSms
    list_kakao_templates: ListKakaoTemplates
    preview_alimtalk: PreviewAlimTalk
    create_campaign: CreateCampaign
    list_campaigns: ListCampaigns
    read_campaign: ReadCampaign
    update_campaign: UpdateCampaign
    schedule_campaign: ScheduleCampaign
    unschedule_campaign: UnscheduleCampaign
    launch_campaign: LaunchCampaign
    dry_run_campaign: DryRunCampaign
    pause_campaign: PauseCampaign
    resume_campaign: ResumeCampaign
    cancel_campaign: CancelCampaign
    duplicate_campaign: DuplicateCampaign
    list_campaign_history: ListHistory
    read_campaign_progress: ReadProgress
    explain_recipient: ExplainRecipient
    list_messages: ListMessages
    read_message: ReadMessage
    cancel_message: CancelMessage
    requeue_message: RequeueMessage
    read_quota: ReadQuota
    set_quota: SetQuota
    set_unit_prices: SetUnitPrices
    top_up_credit: TopUpCredit
    list_ledger_entries: ListLedgerEntries
    create_export: CreateExport
    list_exports: ListExports
    read_export: ReadExport
    remove_export: RemoveExport
    read_statement: ReadStatement
    read_alert: ReadAlert
    acknowledge_alert: AcknowledgeAlert
    read_alert_policy: ReadAlertPolicy
    set_alert_policy: SetAlertPolicy
    send_test: SendTest
