"""The use cases of telling people what happens: webhooks and alerts. `UseCases` adds the rest."""

from __future__ import annotations

from typing import ClassVar

from dependency_injector import providers

from application.alerting.manage_alerts import (
    AcknowledgeAlert,
    ReadAlert,
    ReadAlertPolicy,
    SetAlertPolicy,
)
from application.webhooks.deliver_webhooks import DeliverWebhooks
from application.webhooks.manage_webhooks import (
    CreateWebhook,
    ListWebhooks,
    ReadWebhook,
    RemoveWebhook,
    RotateWebhookSecret,
    UpdateWebhook,
)
from application.webhooks.replay_webhook import ListDeliveries, ReplayWebhook, SendTestEvent
from bootstrap.operator_use_cases import OperatorUseCases


class NoticeUseCases(OperatorUseCases):
    """What customers' systems and operators hear."""

    _i = OperatorUseCases.infrastructure

    _clocked: ClassVar = {"clock": _i.clock}
    _identified: ClassVar = {"clock": _i.clock, "identifiers": _i.identifiers}

    read_alert = providers.Singleton(ReadAlert, alerts=_i.alerts)
    acknowledge_alert = providers.Singleton(AcknowledgeAlert, alerts=_i.alerts, **_clocked)
    read_alert_policy = providers.Singleton(ReadAlertPolicy, applications=_i.applications, alerts=_i.alerts)
    set_alert_policy = providers.Singleton(SetAlertPolicy, alerts=_i.alerts, **_clocked)
    create_webhook = providers.Singleton(
        CreateWebhook,
        webhooks=_i.webhooks,
        vault=_i.vault,
        networks=_i.webhook_networks,
        randomness=_i.randomness,
        **_identified,
    )
    list_webhooks = providers.Singleton(ListWebhooks, webhooks=_i.webhooks)
    read_webhook = providers.Singleton(ReadWebhook, webhooks=_i.webhooks)
    update_webhook = providers.Singleton(
        UpdateWebhook, webhooks=_i.webhooks, networks=_i.webhook_networks, **_clocked
    )
    remove_webhook = providers.Singleton(RemoveWebhook, webhooks=_i.webhooks)
    rotate_webhook_secret = providers.Singleton(
        RotateWebhookSecret, webhooks=_i.webhooks, vault=_i.vault, randomness=_i.randomness, **_clocked
    )
    list_webhook_deliveries = providers.Singleton(ListDeliveries, webhooks=_i.webhooks)
    replay_webhook = providers.Singleton(ReplayWebhook, webhooks=_i.webhooks, **_clocked)
    send_test_event = providers.Singleton(SendTestEvent, webhooks=_i.webhooks, **_identified)
    deliver_webhooks = providers.Factory(
        DeliverWebhooks,
        owed=_i.owed_deliveries,
        poster=_i.webhook_poster,
        vault=_i.vault,
        randomness=_i.randomness,
        measures=_i.measures,
        **_clocked,
    )
