"""The bag of use cases that REST calls; bootstrap fills it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import attrs

from application.alimtalk.list_templates import ListTemplates
from application.alimtalk.preview_alimtalk import PreviewAlimTalk
from application.alimtalk.read_template import ReadTemplate
from application.alimtalk.refresh_templates import RefreshTemplates
from application.alimtalk.register_template import RegisterTemplate
from application.applications.authenticate_key import AuthenticateKey
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
from application.audience.archive_subscription import ArchiveSubscription
from application.audience.archive_user import ArchiveUser
from application.audience.disable_subscription import DisableSubscription
from application.audience.enable_subscription import EnableSubscription
from application.audience.lift_suppression import LiftSuppression
from application.audience.list_subscription_events import ListSubscriptionEvents
from application.audience.list_subscriptions import ListSubscriptions
from application.audience.list_suppressions import ListSuppressions
from application.audience.list_users import ListUsers
from application.audience.put_user import PutUser
from application.audience.read_subscription import ReadSubscription
from application.audience.read_user import ReadUser
from application.audience.register_subscription import RegisterSubscription
from application.audience.register_subscriptions import RegisterSubscriptions
from application.audience.suppress_address import SuppressAddress
from application.audience.update_subscription import UpdateSubscription
from application.audience.update_user import UpdateUser
from application.messaging.accept_messages import AcceptMessagesUseCase
from application.messaging.cancel_message import CancelMessage
from application.messaging.list_messages import ListMessages
from application.messaging.preview_sms import PreviewSms
from application.messaging.read_message import ReadMessage
from application.messaging.requeue_message import RequeueMessage
from application.quota.list_ledger_entries import ListLedgerEntries
from application.quota.read_quota import ReadQuota
from application.quota.set_quota import SetQuota
from application.quota.set_unit_prices import SetUnitPrices
from application.quota.top_up_credit import TopUpCredit

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
    register_subscription: RegisterSubscription
    register_subscriptions: RegisterSubscriptions
    read_subscription: ReadSubscription
    list_subscriptions: ListSubscriptions
    list_subscription_events: ListSubscriptionEvents
    update_subscription: UpdateSubscription
    archive_subscription: ArchiveSubscription
    disable_subscription: DisableSubscription
    enable_subscription: EnableSubscription
    list_suppressions: ListSuppressions
    suppress_address: SuppressAddress
    lift_suppression: LiftSuppression
    accept_messages: AcceptMessagesUseCase
    read_message: ReadMessage
    list_messages: ListMessages
    cancel_message: CancelMessage
    requeue_message: RequeueMessage
    read_quota: ReadQuota
    set_quota: SetQuota
    set_unit_prices: SetUnitPrices
    top_up_credit: TopUpCredit
    list_ledger_entries: ListLedgerEntries
    preview_sms: PreviewSms
    register_kakao_template: RegisterTemplate
    list_kakao_templates: ListTemplates
    read_kakao_template: ReadTemplate
    refresh_kakao_templates: RefreshTemplates
    preview_alimtalk: PreviewAlimTalk
