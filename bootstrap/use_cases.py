"""The container of use cases: plain objects built once from infrastructure; nobody below knows of it."""

from __future__ import annotations

from typing import ClassVar

from dependency_injector import providers

from application.alerting.evaluate_alerts import EvaluateAlerts
from application.applications.check_credentials import CheckCredentials
from application.audience.send_confirmations import SendConfirmations
from application.dispatch.resolve_unknown import ResolveUnknown
from application.messaging.accept_group import AcceptGroup
from application.messaging.accept_messages import AcceptMessagesUseCase
from application.messaging.advance_fallbacks import AdvanceFallbacks
from application.messaging.apply_early_receipts import ApplyEarlyReceipts
from application.messaging.cancel_message import CancelMessage
from application.messaging.fetch_in_app_messages import FetchInAppMessages
from application.messaging.follow_links import FollowLinks
from application.messaging.list_messages import ListMessages
from application.messaging.poll_reports import PollReports
from application.messaging.post_confirmation import PostConfirmation
from application.messaging.preview_sms import PreviewSms
from application.messaging.publish_events import PublishEvents
from application.messaging.read_message import ReadMessage
from application.messaging.receipt_gatherer import ReceiptGatherer
from application.messaging.receive_callback import ReceiveCallback
from application.messaging.record_receipts import RecordReceipts
from application.messaging.record_reports import RecordReports
from application.messaging.rendered import Rendered
from application.messaging.requeue_message import RequeueMessage
from application.messaging.scripts import Scripts
from application.messaging.send_test import SendTest
from application.quota.check_ledger import CheckLedger
from application.quota.list_ledger_entries import ListLedgerEntries
from application.quota.read_quota import ReadQuota
from application.quota.set_quota import SetQuota
from application.quota.set_unit_prices import SetUnitPrices
from application.quota.top_up_credit import TopUpCredit
from bootstrap.alert_mail import AlertMailer
from bootstrap.audience_use_cases import AudienceUseCases
from bootstrap.infrastructure import Infrastructure


class UseCases(AudienceUseCases):
    """What the entry points call. Arguments are the ports' names, so that a wrong wire fails at the first use."""

    _i = AudienceUseCases.infrastructure

    _clocked: ClassVar = {"clock": _i.clock}
    _identified: ClassVar = {"clock": _i.clock, "identifiers": _i.identifiers}
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
        _i.tracer,
    )
    send_confirmations = providers.Singleton(
        SendConfirmations,
        confirmations=_i.confirmation_queue,
        post=providers.Singleton(
            PostConfirmation, accept_group, _i.profiles, _i.templating, _i.settings.provided.public_url
        ),
        vault=_i.vault,
        links=_i.links,
        randomness=_i.randomness,
        **_identified,
    )
    accept_messages = providers.Singleton(
        AcceptMessagesUseCase,
        accept_group,
        _i.profiles,
        _i.provider_directory.provided.plugins,
        scripts,
        _i.clock,
        approvals=AudienceUseCases.approvals,
    )
    send_test = providers.Singleton(
        SendTest,
        templates=_i.templates,
        scripts=scripts,
        marked_devices=_i.marked_devices,
        accept_messages=accept_messages,
    )
    advance_fallbacks = providers.Singleton(
        AdvanceFallbacks,
        _i.fallbacks,
        accept_group,
        _i.cancellation,
        _i.profiles,
        _i.clock,
        scripts=scripts,
        variables=_i.sealed_variables,
    )
    read_message = providers.Singleton(ReadMessage, _i.messages, rendered)
    list_messages = providers.Singleton(ListMessages, _i.messages, rendered)
    cancel_message = providers.Singleton(CancelMessage, _i.cancellation, read_message, _i.clock)
    requeue_message = providers.Singleton(RequeueMessage, _i.cancellation, read_message, _i.clock)
    record_receipts = providers.Singleton(RecordReceipts, _i.receipts, _i.clock, _i.tracer)
    receipt_gatherer = providers.Singleton(ReceiptGatherer, record_receipts)
    fetch_in_app_messages = providers.Singleton(
        FetchInAppMessages, inbox=_i.in_app_inbox, rendered=rendered, **_clocked
    )
    follow_links = providers.Singleton(FollowLinks, receipt_gatherer, _i.links, _i.clock)
    apply_early_receipts = providers.Singleton(ApplyEarlyReceipts, _i.early_receipts, _i.receipts, _i.clock)
    publish_events = providers.Singleton(PublishEvents, _i.outbox, _i.event_stream)
    check_credentials = providers.Singleton(
        CheckCredentials,
        applications=_i.applications,
        credentials=_i.credentials,
        source=AudienceUseCases.credential_cache,
        pauses=_i.pauses,
        providers=_i.provider_directory,
    )

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
        credentials=AudienceUseCases.credential_cache,
        readers=_i.callback_readers,
        record=record_reports,
        **_clocked,
    )
    poll_reports = providers.Factory(
        PollReports,
        cursors=_i.poll_cursors,
        credentials=AudienceUseCases.credential_cache,
        providers=_i.provider_directory,
        record=record_reports,
        **_clocked,
    )
    resolve_unknown = providers.Factory(
        ResolveUnknown,
        claims=_i.claims,
        messages=_i.worker_store,
        credentials=AudienceUseCases.credential_cache,
        providers=_i.provider_directory,
        profiles=_i.profiles,
        vault=_i.vault,
        randomness=_i.randomness,
        **_identified,
    )

    preview_sms = providers.Singleton(
        PreviewSms, applications=_i.applications, providers=_i.provider_directory
    )

    evaluate_alerts = providers.Singleton(
        EvaluateAlerts,
        rules=_i.alert_rules,
        mail=providers.Singleton(AlertMailer, accept_messages, _i.applications),
        **_clocked,
    )
    read_quota = providers.Singleton(ReadQuota, quotas=_i.quotas, **_clocked)
    set_quota = providers.Singleton(SetQuota, quotas=_i.quotas, **_clocked)
    set_unit_prices = providers.Singleton(SetUnitPrices, quotas=_i.quotas, **_clocked)
    top_up_credit = providers.Singleton(TopUpCredit, ledger=_i.ledger, **_identified)
    list_ledger_entries = providers.Singleton(ListLedgerEntries, ledger=_i.ledger)
    check_ledger = providers.Singleton(CheckLedger, evidence=_i.ledger_evidence)


__all__ = ["Infrastructure", "UseCases"]
